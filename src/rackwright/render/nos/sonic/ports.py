"""Ports: PORT and BREAKOUT_CFG, as the switch's platform numbers its lanes."""

from __future__ import annotations

from rackwright.models.design import Design, Switch, SwitchPort
from rackwright.render.nos.sonic.platform import Cage, Platform, number_of
from rackwright.render.nos.sonic.tables import Db, Row
from rackwright.render.wiring import Wiring

MTU_ROUTED = 9100
"""Of data ports, as SONiC's own defaults, unless hosts are told to send larger packets."""
_RS_FROM_GBPS = 100
"""Slower ports need no Reed-Solomon code on every medium; SONiC chooses."""


def data_ports(switch: Switch) -> list[SwitchPort]:
    """Cabled ports without the management port; sub-interfaces and gateways are no ports."""
    return [port for port in switch.ports if port.use != "management" and port.parent is None]


def ports(db: Db, switch: Switch, design: Design, wiring: Wiring, platform: Platform) -> None:
    """Every cabled port; what is not cabled is not there."""
    ways = {"host": host_ways(switch, design, platform)}
    most = max([MTU_ROUTED, *(plane.mtu for plane in design.planes if plane.fabric == switch.fabric)])
    rows: dict[str, Row] = {}
    broken: dict[str, Row] = {}
    for port in data_ports(switch):
        number = number_of(port.name)
        cage = platform.cages[number]
        split = split_of(port, number, cage, platform, ways.get(port.use))
        each = len(cage.lanes) // split
        at = number - cage.first
        row: Row = {
            "lanes": ",".join(map(str, cage.lanes[at : at + each])),
            "alias": f"{platform.alias}{cage.number}" + (chr(ord("a") + at // each) if split > 1 else ""),
            "index": str(cage.number),
            "speed": str(port.speed_gbps * 1000),
            "mtu": str(min(port.mtu, most)),
            "admin_status": "up",
            "description": wiring.describe(switch.name, port.name),
        }
        if port.speed_gbps >= _RS_FROM_GBPS:
            row["fec"] = "rs"
        rows[port.name] = row
        if len(cage.lanes) > 1:
            broken[f"Ethernet{cage.first}"] = {"brkout_mode": platform.mode(cage, split)}
    db["PORT"] = rows
    if broken:
        db["BREAKOUT_CFG"] = broken


def host_ways(switch: Switch, design: Design, platform: Platform) -> int:
    """Ways that the fabric splits a host cage: its radix counts ports of that size."""
    fabric = next(row for row in design.fabrics if row.name == switch.fabric)
    first = platform.cages[0]
    ways = max(1, first.speed_gbps // max(1, fabric.port_gbps)) if len(first.lanes) > 1 else 1
    return max((split for split in platform.splits if split <= ways), default=1)


def split_of(port: SwitchPort, number: int, cage: Cage, platform: Platform, wanted: int | None) -> int:
    """Ways that a port's cage is split: as wanted, or as the port's speed says; never such that the port's
    place would fall between two parts."""
    lanes = len(cage.lanes)
    ways = wanted or max(1, cage.speed_gbps // max(1, port.speed_gbps))
    fits = [split for split in platform.splits if lanes % split == 0 and split <= max(ways, 1)]
    split = max(fits, default=1)
    while (number - cage.first) % (lanes // split):
        larger = [each for each in platform.splits if each > split and lanes % each == 0]
        if not larger:
            raise ValueError(f"{port.name}: no breakout of {platform.splits} has a port there")
        split = min(larger)
    return split
