"""Routed out-of-band network: what is plugged into which access switch, by position."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from rackwright.design.draft import Attached, Draft, SwitchDraft
from rackwright.design.nics import Port
from rackwright.design.oob_layout import SERVICES, Kind
from rackwright.design.oob_network import Network
from rackwright.design.pairs import dense
from rackwright.design.places import Place, largest_unit
from rackwright.models.design import End, SwitchPort
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables

_LAST_PORT = 1_000_000
_FABRICS = 3
"""Fabrics beside the out-of-band one, at most: one for each other plane."""


def build_routed(
    name: str,
    spec: ClusterSpec,
    tables: Tables,
    servers: list[Place],
    ports: dict[str, list[Port]],
    draft: Draft,
) -> None:
    """Add the network, and the address and next hop of every BMC, management NIC and eth0."""
    net, others = Network(name, spec, tables, servers, draft), list(draft.switches)
    layout, speed = net.layout, net.model.speed_gbps
    net.plug(SERVICES, 0, 0, End("controller", "eth0"), speed)
    first = net.access[SERVICES, 0].position
    draft.attached["depot", "eth0"] = Attached(net.pool.depot(first), net.pool.gateway(first).ip, speed)
    unit = largest_unit(spec, tables)
    own = {group: [port for port in row if port.plane == "management"][:1] for group, row in ports.items()}
    for place in servers:
        if place.unit is not None:
            number, at = layout.server(place.unit, place.index)
            kind: Kind = "unit"
        else:
            share, start = (
                (layout.storage, 1) if place.role == "storage" else (layout.control, 1 + 2 * layout.storage)
            )
            number, slot = divmod(dense(place, unit), share)
            kind, at = SERVICES, start + 2 * slot
        net.plug(kind, number, at, End(place.name, "bmc"), speed)
        for port in own[place.group]:
            net.plug(kind, number, at + 1, End(place.name, port.name), min(port.speed_gbps, speed))
    for switch, near, number, at in _eth0(others, net):
        net.plug(near, number, at, End(switch.name, "eth0"), speed)
        address = draft.attached[switch.name, "eth0"].address
        switch.add(_LAST_PORT, SwitchPort("eth0", "management", "management", address, net.mtu, speed))
    net.join_pods()
    draft.pod_units[name] = max(1, net.cages["unit"][1] * layout.units // layout.per_unit)
    draft.pods[name] = len({switch.pod for switch in net.spines.values()})
    draft.upper_radix[name] = net.room.ports
    draft.radix[name] = net.model.ports + net.model.uplinks, speed


def _eth0(switches: list[SwitchDraft], net: Network) -> Iterator[tuple[SwitchDraft, Kind, int, int]]:
    """(switch, series, access switch, port): a unit's leaves and what stands beside it near the unit, as far
    as there is room; all others by their class and place."""
    near: dict[int, list[SwitchDraft]] = defaultdict(list)
    for switch in switches:
        unit = switch.unit if switch.tier == "leaf" and switch.unit is not None else switch.home
        if unit is not None:
            near[unit].append(switch)
    seated = set()
    for unit in sorted(near):
        for rank, switch in _ranks(near[unit], net.layout.own):
            if rank < net.layout.switches:
                seated.add(switch.name)
                yield switch, "unit", *net.layout.switch(unit, rank)
    for switch in switches:
        if switch.name not in seated:
            kind = (switch.place, str(switch.tier))
            yield switch, kind, *divmod(switch.position, net.layout.ports)


def _ranks(switches: list[SwitchDraft], own: int) -> Iterator[tuple[int, SwitchDraft]]:
    """Places of switches near one unit: first its own leaves, whose number never changes; behind them, taking
    turns by fabric, leaves that stand there, so that those which come later move nobody."""
    guests: Counter[int] = Counter()
    mine = 0
    for switch in sorted(switches, key=lambda row: (row.class_number, row.position)):
        if switch.unit is not None and mine < own:
            yield mine, switch
            mine += 1
        else:
            yield own + guests[switch.place] * _FABRICS + switch.place, switch
            guests[switch.place] += 1
