"""Topograph: the fabric as the model that its simulation provider loads (NVIDIA/topograph, tests/models)."""

from __future__ import annotations

from typing import Any

import yaml

from rackwright.render.scheduler.hostlist import fold
from rackwright.render.scheduler.seat import Seat, compute


def topograph(cluster: str, found: list[Seat]) -> str:
    """Switches (cluster, pods, units), nodes, and capacity blocks: NVLink domains, else units."""
    pods: dict[str, dict[str, list[str]]] = {}
    blocks: dict[str, list[str]] = {}
    nodes: dict[str, Any] = {}
    for seat in compute(found):
        pods.setdefault(seat.pod or "", {}).setdefault(seat.unit or "", []).append(seat.server)
        block = seat.domain or seat.unit or ""
        blocks.setdefault(block, []).append(seat.server)
        nodes[seat.server] = {"capacity_block": block}
        if seat.domain:
            nodes[seat.server]["attributes"] = {"nvlink": seat.domain}
    switches: dict[str, Any] = {cluster: {"switches": list(pods)}} if len(pods) > 1 else {}
    for pod, units in pods.items():
        switches[pod] = {"switches": list(units)}
        switches |= {unit: {"nodes": list(servers)} for unit, servers in units.items()}
    model = {
        "switches": switches,
        "nodes": nodes,
        "capacity_blocks": {name: {"nodes": fold(servers)} for name, servers in blocks.items()},
    }
    return yaml.dump(model, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=False)
