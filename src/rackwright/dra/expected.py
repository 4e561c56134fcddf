"""Expected: the pools that a server of a group must have; and the same with made-up identities."""

from __future__ import annotations

from rackwright.dra import amd, dranet, nvidia
from rackwright.dra.device import Device, Json, Pool
from rackwright.models.kubernetes_design import GpuGroup, KubernetesDesign

DRIVER_ROWS = {"nvidia": "driver", "amd": "amdgpu"}
"""Row of the host lock whose version a GPU's device has, by driver."""


def pools(design: KubernetesDesign, group: GpuGroup, node: str | None = None) -> list[Pool]:
    """Pools of a server of a group.

    Without ``node`` only what the design knows: to be compared with a machine. With it every device has a
    name, a root and a NUMA node, made up where nothing knows them: for a scheduler's tests.
    """
    version = design.versions.get(DRIVER_ROWS.get(design.gpu_driver, ""))
    found: list[Pool] = []
    if design.gpu_driver == "nvidia":
        found.append(nvidia.pool(group, version, node))
    elif design.gpu_driver == "amd":
        found.append(amd.pool(group, version, node))
    if design.network_driver == "dranet":
        found.append(dranet.pool(group, node))
    return found


def pairs(design: KubernetesDesign, group: GpuGroup) -> list[tuple[str, str]]:
    """(GPU by minor, NIC by RDMA device) of each cabled rail; empty where the catalog does not know."""
    if group.sku.gpu_nic is None or design.gpu_driver != "nvidia":
        return []
    slots = dranet.rail_slots(group)
    return [
        (f"gpu-{slot.rail}", slot.rdma)
        for slot in slots
        if slot.rail is not None and slot.rail < group.sku.gpus and slot.rdma
    ]


def slices(design: KubernetesDesign, node: str, group: GpuGroup) -> list[Json]:
    """ResourceSlices of a node that a scheduler can allocate from: every identity is there, if made up."""
    return [part for pool in pools(design, group, node) for part in pool.slices(node)]


def document(design: KubernetesDesign, group: GpuGroup, limits: list[str]) -> Json:
    """What a check compares a group's servers with, as plain data."""
    return {
        "group": group.name,
        "servers": [node.name for node in design.nodes if node.group == group.name],
        "profile": group.profile.kind,
        "pools": [
            {"driver": pool.driver, "count": len(pool.devices), "devices": [_plain(d) for d in pool.devices]}
            for pool in pools(design, group)
        ],
        "pairs": [{"gpu": gpu, "rdma": nic, "share": group.sku.gpu_nic} for gpu, nic in pairs(design, group)],
        "limits": limits,
    }


def _plain(device: Device) -> Json:
    return {"name": device.name, **device.plain()}
