"""Graphviz: the cabling as daemons and validators read it.

``cabling/ptm/topology.dot`` is for the Prescriptive Topology Manager of Cumulus Linux, which compares it with
LLDP at every link transition (its user guide, "Prescriptive Topology Manager - PTM"): physical Ethernet ports
only. ``cabling/cvt/<fabric>.dot`` is for NVIDIA's cable validation tool, with a role and an operating system
for each node (https://docs.nvidia.com/networking/display/cablevalidationtool160/dot+file).
"""

from __future__ import annotations

from collections.abc import Iterable

from rackwright.models.design import Cable, Design, FabricDesign, Switch
from rackwright.render.wiring import Wiring

_ROLES = {"leaf": "leaf", "spine": "spine", "core": "super_spine", "oob": "leaf"}
"""Tiers in the validation tool's words."""
_SILENT = "bmc"
"""A BMC's port speaks no LLDP: no daemon can compare it."""


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """One graph for PTM, and one for each Ethernet fabric."""
    ethernet = {fabric.name for fabric in design.fabrics if fabric.kind != "infiniband"}
    by_fabric: dict[str, list[Cable]] = {name: [] for name in sorted(ethernet)}
    for cable in design.cables:
        if cable.fabric in ethernet and _compared(cable, wiring):
            by_fabric[cable.fabric].append(cable)
    every = [cable for cables in by_fabric.values() for cable in cables]
    made = {"cabling/ptm/topology.dot": _graph(design.name, [], every)}
    for fabric in design.fabrics:
        if fabric.name in by_fabric:
            nodes = _nodes(fabric, design, by_fabric[fabric.name], wiring)
            made[f"cabling/cvt/{fabric.name}.dot"] = _graph(fabric.name, nodes, by_fabric[fabric.name])
    return made


def _compared(cable: Cable, wiring: Wiring) -> bool:
    """Both ends are devices of ours that speak LLDP."""
    known = wiring.where
    return cable.a.device in known and cable.z.device in known and cable.z.port != _SILENT


def _nodes(fabric: FabricDesign, design: Design, cables: Iterable[Cable], wiring: Wiring) -> list[str]:
    """Switches of the fabric and what hangs on it, in the design's order."""
    ends = dict.fromkeys(end.device for cable in cables for end in (cable.a, cable.z))
    lines = []
    for name in ends:
        switch: Switch | None = wiring.switches.get(name)
        if switch is None:
            lines.append(f'"{name}" [role=host]')
        else:
            lines.append(f'"{name}" [role={_ROLES[switch.tier]}, os={switch.nos}]')
    return lines


def _graph(name: str, nodes: Iterable[str], cables: Iterable[Cable]) -> str:
    edges = (f'"{c.a.device}":"{c.a.port}" -- "{c.z.device}":"{c.z.port}"' for c in cables)
    body = "".join(f"  {line};\n" for line in (*nodes, *edges))
    return f'graph "{name}" {{\n{body}}}\n'
