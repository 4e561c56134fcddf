"""Summary: the plan as JSON values; the shape is documented in docs/plan-json.md.

One pass over servers, switches and cables, whatever the number of fabrics: a hundred thousand GPUs print at
once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rackwright.design.failure import Failure, failures
from rackwright.design.power import power, row_power
from rackwright.design.usage import usage
from rackwright.models.choice import Choice
from rackwright.models.design import Design, FabricDesign, Switch

Json = dict[str, Any]


def summary(design: Design, choices: Iterable[Choice] = ()) -> Json:
    """Counts first, then each table in full. ``choices``: what load filled in."""
    watts = power(design)
    lost, used = failures(design), _most_used(design)
    return {
        "cluster": design.name,
        "machines": len(design.servers),
        "gpus": sum(server.gpus for server in design.servers),
        "switches": len(design.switches),
        "cables": len(design.cables),
        "racks": len(design.racks),
        "power_kw": watts.known_kw,
        "power_unknown_devices": watts.unknown,
        "units": list(design.units()),
        "simulated": design.spec.physical.simulated,
        "chosen": [
            {"key": ".".join(row.path), "value": row.value, "because": row.because} for row in choices
        ],
        "fabrics": {fabric.name: _fabric(fabric, used, lost[fabric.name]) for fabric in design.fabrics},
        "planes": _planes(design),
        "groups": _groups(design),
        "bom": [
            {
                "part": line.part,
                "description": line.description,
                "kind": line.kind,
                "quantity": line.quantity,
                "spares": line.spares,
                "power_w_each": line.power_w_each,
                "source": line.source,
            }
            for line in design.bom
        ],
        "rack_list": [
            {
                "name": rack.name,
                "row": rack.row,
                "units": rack.units,
                "power_w": rack.power_w,
                "weight_kg": rack.weight_kg,
                "liquid": rack.liquid,
                "devices": len(rack.slots),
            }
            for rack in design.racks
        ],
        "rows": [
            {
                "name": row.row,
                "racks": row.racks,
                "liquid_racks": row.liquid_racks,
                "power_kw": row.power.known_kw,
                "power_unknown_devices": row.power.unknown,
            }
            for row in row_power(design)
        ],
        "controller": design.controller.ip,
        "depot": design.depot.ip,
        "unknown": list(design.unknown),
    }


def _fabric(fabric: FabricDesign, used: dict[tuple[str, str], int], lost: Iterable[Failure]) -> Json:
    return {
        "kind": fabric.kind,
        "topology": fabric.topology,
        "switch": fabric.model,
        "nos": fabric.nos,
        "tiers": [
            {
                "name": tier,
                "switches": count,
                "ports_used": used[fabric.name, tier],
                "radix": (fabric.upper_radix or fabric.radix) if tier in ("spine", "core") else fabric.radix,
            }
            for tier, count in fabric.tiers
        ],
        "links": dict(fabric.links),
        "port_gbps": fabric.port_gbps,
        "parallel": fabric.parallel,
        "pods": fabric.pods,
        "isolation": fabric.isolation,
        "adaptive_routing": fabric.adaptive_routing,
        "reasons": list(fabric.reasons),
        "failures": [asdict(row) for row in lost],
    }


def _most_used(design: Design) -> dict[tuple[str, str], int]:
    """Ports in use of the switch that uses most, by fabric and tier."""
    fabrics = {fabric.name: fabric for fabric in design.fabrics}
    found: dict[tuple[str, str], int] = {}
    for switch in design.switches:
        key = switch.fabric, switch.tier
        found[key] = max(found.get(key, 0), ports_used(switch, fabrics[switch.fabric]))
    return found


def ports_used(switch: Switch, fabric: FabricDesign) -> int:
    """Cabled data ports, counted at the speed of the fabric's host ports: an 800G uplink beside 400G hosts
    is two. On an out-of-band fabric each counts as one."""
    cabled = [
        port for port in switch.ports if port.parent is None and port.use not in ("management", "gateway")
    ]
    if fabric.topology == "tree":
        return len(cabled)
    return sum(-(-port.speed_gbps // fabric.port_gbps) for port in cabled)


def _planes(design: Design) -> Json:
    ports: Counter[str] = Counter()
    for server in design.servers:
        for nic in server.nics:
            ports[nic.plane] += 1
    addresses = usage(design)
    return {
        plane.name: {
            "fabric": plane.fabric,
            "prefix": plane.prefix,
            "prefix6": plane.prefix6,
            "vlan": plane.vlan,
            "mtu": plane.mtu,
            "may_reach": list(plane.may_reach),
            "ports": ports[plane.name],
            "addresses": addresses[plane.name],
        }
        for plane in design.planes
    }


def _groups(design: Design) -> Json:
    found: Json = {}
    for server in design.servers:
        row = found.setdefault(
            server.group, {"sku": server.sku, "role": server.role, "servers": 0, "gpus": 0}
        )
        row["servers"] += 1
        row["gpus"] += server.gpus
    return found
