"""Compute NICs as dranet publishes them (kubernetes-sigs/dranet): named by PCI address.

dranet leaves out the interface of the default route and publishes every other PCI network device, those of
storage included; expected are the ones that claims ask for, one for each cabled rail.
"""

from __future__ import annotations

from rackwright.dra import made_up
from rackwright.dra.device import NUMA_NODE, PCIE_ROOT, Device, Pool, Value
from rackwright.models.kubernetes_design import GpuGroup
from rackwright.models.tables import NicSlot

DRIVER = "dra.net"


def pool(group: GpuGroup, node: str | None) -> Pool:
    """The pool of a server; ``node`` is given where names and places are to be made up."""
    return Pool(DRIVER, tuple(_device(group, slot, node) for slot in rail_slots(group)))


def rail_slots(group: GpuGroup) -> list[NicSlot]:
    """Cabled compute ports, by rail."""
    return [slot for slot in group.sku.nics if slot.rail is not None and slot.rail < group.rails]


def _device(group: GpuGroup, slot: NicSlot, node: str | None) -> Device:
    rail = slot.rail or 0
    made: dict[str, Value] = {"dra.net/rdma": slot.rdma is not None}
    if slot.rdma is not None:
        made["dra.net/rdmaDevice"] = slot.rdma
    if slot.pci is not None:
        made["dra.net/pciAddress"] = f"0000:{slot.pci}"
    numa = slot.numa
    if numa is None and node is not None:
        numa = made_up.numa(group.sku, rail)
    if numa is not None:
        made["dra.net/numaNode"] = made[NUMA_NODE] = numa
    if node is not None:
        slots = group.sku.gpu_slots
        made[PCIE_ROOT] = made_up.root(group, rail, slots[rail].root if slots else None, "nic")
    return Device(_name(slot) or (f"made-up-rail-{rail}" if node else None), made)


def _name(slot: NicSlot) -> str | None:
    """dranet's name for a PCI device.

    >>> _name(NicSlot("enp24s0np0", "x", "compute", 0, "mlx5_0", "18:00.0", 0))
    'pci-0000-18-00-0'
    """
    return None if slot.pci is None else "pci-0000-" + slot.pci.replace(":", "-").replace(".", "-")
