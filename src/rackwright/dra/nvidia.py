"""NVIDIA's GPUs as its DRA driver publishes them (kubernetes-sigs/dra-driver-nvidia-gpu, 0.4 and 0.5).

Whole GPUs are ``gpu-<minor>``. Fixed MIG partitions stand in their GPU's place. With dynamic MIG the whole
GPU and every partition that could be made are there together, and counters keep them from being used at once:
each takes memory slices from its GPU's counter set. The driver counts processors and engines, too; NVML tells
it how many, no table of ours does, and memory slices alone exclude the same combinations.
"""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.dra import made_up
from rackwright.dra.device import NUMA_NODE, PCI_BUS_ID, PCIE_ROOT, Device, Pool, Value, Version
from rackwright.gpu_sharing.mig import SLICES, Partition, every_place, expand, place
from rackwright.models.kubernetes_design import GpuGroup

DRIVER = "gpu.nvidia.com"


def pool(group: GpuGroup, driver_version: str | None, node: str | None) -> Pool:
    """The pool of a server; ``node`` is given where identities are to be made up."""
    devices: list[Device] = []
    counters: dict[str, list[str]] = {}
    for minor in range(group.sku.gpus):
        common = _common(group, minor, driver_version, node)
        if group.profile.kind == "mig-dynamic":
            of = f"gpu-{minor}-counter-set"
            counters[of] = _slices(0, SLICES)
            devices.append(_whole(group, minor, common, node, {of: counters[of]}))
            devices += _partitions(group, minor, common, every_place(group.gpu.name), node, of)
        elif group.profile.kind == "mig":
            wanted = expand(group.gpu.name, group.profile.layout) or ()
            devices += _partitions(group, minor, common, place(group.gpu.name, wanted) or (), node, None)
        else:
            devices.append(_whole(group, minor, common, node, {}))
    return Pool(DRIVER, tuple(devices), counters)


def _common(group: GpuGroup, minor: int, version: str | None, node: str | None) -> dict[str, Value]:
    """What a GPU and its partitions have alike."""
    made: dict[str, Value] = {"productName": group.gpu.product}
    if version is not None:
        made["driverVersion"] = Version(version)
    slot = group.sku.gpu_slots[minor] if group.sku.gpu_slots else None
    if slot is not None:
        made[PCI_BUS_ID] = f"0000:{slot.pci}"
    known = slot.root if slot else None
    if known is not None or node is not None:
        made[PCIE_ROOT] = made_up.root(group, minor, known, "gpu")
    numa = slot.numa if slot else None
    if numa is None and node is not None:
        numa = made_up.numa(group.sku, minor)
    if numa is not None:
        made[NUMA_NODE] = numa
    return made


def _whole(
    group: GpuGroup, minor: int, common: dict[str, Value], node: str | None, takes: dict[str, list[str]]
) -> Device:
    identity: dict[str, Value] = {} if node is None else {"uuid": made_up.uuid(node, minor)}
    capacity = {"memory": f"{group.gpu.memory_mib}Mi"}
    return Device(f"gpu-{minor}", {**common, "type": "gpu", **identity}, capacity, takes)


def _partitions(
    group: GpuGroup,
    minor: int,
    common: dict[str, Value],
    parts: tuple[Partition, ...],
    node: str | None,
    counter_set: str | None,
) -> Iterator[Device]:
    del group
    parent: dict[str, Value] = {} if node is None else {"parentUUID": made_up.uuid(node, minor)}
    for part in parts:
        attributes: dict[str, Value] = {**common, "type": "mig", "profile": part.profile, **parent}
        takes = {counter_set: _slices(part.start, part.slices)} if counter_set else {}
        yield Device(part.device(minor), attributes, {}, takes)


def _slices(start: int, count: int) -> list[str]:
    return [f"memory-slice-{number}" for number in range(start, start + count)]
