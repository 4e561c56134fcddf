"""AMD's GPUs as its DRA driver publishes them (ROCm/k8s-gpu-dra-driver, docs/driver-attributes.md).

Attributes are those of its main branch of autumn 2026. Earlier pages have ``pciAddr`` and ``deviceID`` in the
place of pciBusID; deviceID is the same for all GPUs of a model, and keeps no partitions on one of them.

A device is called after its DRM card and render node, and a server's own display adapter takes a card number,
too: so the names are not known beforehand, only how many devices of which kind there are.
"""

from __future__ import annotations

from rackwright.dra import made_up
from rackwright.dra.device import PCI_BUS_ID, PCIE_ROOT, Device, Pool, Value, Version
from rackwright.gpu_sharing.partitions import modes
from rackwright.models.kubernetes_design import GpuGroup

DRIVER = "gpu.amd.com"
_FIRST_RENDER = 128
"""renderD128 is Linux's first render node."""


def pool(group: GpuGroup, driver_version: str | None, node: str | None) -> Pool:
    """The pool of a server; ``node`` is given where names and places are to be made up."""
    known = modes(group.gpu.name)
    mode = group.profile.modes or next(iter(known), "")
    parts = known.get(mode, 1)
    devices = []
    for number in range(group.sku.gpus):
        for part in range(parts):
            index = number * parts + part
            made: dict[str, Value] = {
                "productName": group.gpu.product,
                "type": "amdgpu" if parts == 1 else "amdgpu-partition",
            }
            if mode:
                made["partitionProfile"] = mode.replace("-", "_")
            if driver_version is not None:
                made["driverVersion"] = Version(driver_version)
            made |= _place(group, number, node)
            memory = {"memory": f"{group.gpu.memory_mib // parts}Mi"} if node is not None else {}
            name = None if node is None else f"gpu-{index}-{_FIRST_RENDER + index}"
            devices.append(Device(name, made, memory))
    return Pool(DRIVER, tuple(devices))


def _place(group: GpuGroup, number: int, node: str | None) -> dict[str, Value]:
    """The driver publishes the NUMA node under a name of its own, which no NIC's driver has."""
    slot = group.sku.gpu_slots[number] if group.sku.gpu_slots else None
    made: dict[str, Value] = {}
    if slot is not None:
        made[PCI_BUS_ID] = f"0000:{slot.pci}"
    elif node is not None:
        made[PCI_BUS_ID] = f"0000:{0x10 + number:02x}:00.0"
    known = slot.root if slot else None
    if known is not None or node is not None:
        made[PCIE_ROOT] = made_up.root(group, number, known, "gpu")
    if slot is not None and slot.numa is not None:
        made["numaNode"] = slot.numa
    return made
