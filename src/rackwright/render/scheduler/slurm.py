"""Slurm: topology.conf for the tree and the block plugin (https://slurm.schedmd.com/topology.conf.html)."""

from __future__ import annotations

from collections.abc import Iterable

from rackwright.render.scheduler.hostlist import fold
from rackwright.render.scheduler.seat import Seat, compute


def tree(cluster: str, found: list[Seat]) -> str:
    """``TopologyPlugin=topology/tree``: a unit is a leaf switch, for all its rails together."""
    pods: dict[str, dict[str, list[str]]] = {}
    for seat in compute(found):
        pods.setdefault(seat.pod or "", {}).setdefault(seat.unit or "", []).append(seat.server)
    lines = [
        "# Written by rackwright for TopologyPlugin=topology/tree. A unit stands for the leaves of its rails."
    ]
    for units in pods.values():
        lines += [f"SwitchName={unit} Nodes={_list(nodes)}" for unit, nodes in units.items()]
    lines += [f"SwitchName={pod} Switches={_list(units)}" for pod, units in pods.items()]
    if len(pods) > 1:
        lines.append(f"SwitchName={cluster} Switches={_list(pods)}")
    return "\n".join(lines) + "\n"


def block(found: list[Seat]) -> str:
    """``TopologyPlugin=topology/block``: a block is an NVLink domain, else a unit. The planning base is the
    smallest block; each further size doubles it, as Slurm asks."""
    blocks: dict[str, list[str]] = {}
    for seat in compute(found):
        blocks.setdefault(seat.domain or seat.unit or "", []).append(seat.server)
    lines = ["# Written by rackwright for TopologyPlugin=topology/block."]
    lines += [f"BlockName={name} Nodes={_list(nodes)}" for name, nodes in blocks.items()]
    if blocks:
        base = min(map(len, blocks.values()))
        sizes = [base << power for power in range(len(blocks).bit_length())]
        lines.append(f"BlockSizes={','.join(map(str, sizes))}")
    return "\n".join(lines) + "\n"


def _list(names: Iterable[str]) -> str:
    return ",".join(fold(names))
