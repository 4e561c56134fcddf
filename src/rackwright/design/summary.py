"""Summary: the plan as JSON values; the shape is documented in docs/plan-json.md."""

from __future__ import annotations

from typing import Any

from rackwright.design.power import power
from rackwright.models.design import Design, FabricDesign, Switch

Json = dict[str, Any]


def summary(design: Design) -> Json:
    """Counts first, then each table in full."""
    watts = power(design)
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
        "fabrics": {fabric.name: _fabric(fabric, design) for fabric in design.fabrics},
        "planes": {
            plane.name: {
                "fabric": plane.fabric,
                "prefix": plane.prefix,
                "mtu": plane.mtu,
                "may_reach": list(plane.may_reach),
                "ports": sum(len(server.on(plane.name)) for server in design.servers),
            }
            for plane in design.planes
        },
        "groups": _groups(design),
        "bom": [
            {
                "part": line.part,
                "description": line.description,
                "quantity": line.quantity,
                "power_w_each": line.power_w_each,
                "source": line.source,
            }
            for line in design.bom
        ],
        "rack_list": [
            {"name": rack.name, "units": rack.units, "power_w": rack.power_w, "devices": len(rack.slots)}
            for rack in design.racks
        ],
        "controller": design.controller.ip,
        "depot": design.depot.ip,
        "unknown": list(design.unknown),
    }


def _fabric(fabric: FabricDesign, design: Design) -> Json:
    mine = [switch for switch in design.switches if switch.fabric == fabric.name]
    return {
        "kind": fabric.kind,
        "topology": fabric.topology,
        "switch": fabric.model,
        "nos": fabric.nos,
        "tiers": [
            {
                "name": tier,
                "switches": count,
                "ports_used": max(ports_used(switch, fabric) for switch in mine if switch.tier == tier),
                "radix": fabric.radix,
            }
            for tier, count in fabric.tiers
        ],
        "links": dict(fabric.links),
    }


def ports_used(switch: Switch, fabric: FabricDesign) -> int:
    """Data ports in use, counted at the speed of the fabric's host ports: an 800G uplink beside 400G hosts
    is two."""
    if switch.tier == "oob":
        return sum(port.use != "management" for port in switch.ports)
    return sum(-(-port.speed_gbps // fabric.port_gbps) for port in switch.ports if port.use != "management")


def _groups(design: Design) -> Json:
    found: Json = {}
    for server in design.servers:
        row = found.setdefault(
            server.group, {"sku": server.sku, "role": server.role, "servers": 0, "gpus": 0}
        )
        row["servers"] += 1
        row["gpus"] += server.gpus
    return found
