"""Buses of a simulated server: where each GPU and NIC is, as the catalog has it or made up.

A GPU and the NIC of its rail share a PCIe root exactly where the catalog says that they do: the same roots
that :mod:`rackwright.dra.made_up` gives to a scheduler's tests.
"""

from __future__ import annotations

from typing import Any

from rackwright.dra import made_up
from rackwright.models.design import Nic
from rackwright.models.tables import NicSlot, ServerSku, Tables

# Made up: eight places on the bus that no NIC of the catalog has. No check compares them with anything else.
GPU_PCI = ("1b:00.0", "43:00.0", "52:00.0", "61:00.0", "9d:00.0", "c3:00.0", "d1:00.0", "df:00.0")
OTHERS = 2
"""PCI domain in the made-up roots of what belongs to no rail; 0 and 1 are those of rails."""


def data_direct(tables: Tables, sku: ServerSku) -> bool:
    """A compute NIC's root is not the one that its GPU shares."""
    return any(tables.nics[slot.nic].pcie_root == "data-direct" for slot in sku.nics if slot.rail is not None)


def gpu(tables: Tables, sku: ServerSku | None, index: int) -> dict[str, Any]:
    """Address, root and NUMA node of a GPU by minor number."""
    slot = sku.gpu_slots[index] if sku and index < len(sku.gpu_slots) else None
    address = slot.pci if slot else GPU_PCI[index % len(GPU_PCI)]
    found: dict[str, Any] = {"pci": f"0000:{address}", "pcie_root": None, "numa": slot.numa if slot else None}
    if sku is not None:
        known = slot.root if slot else None
        found["pcie_root"] = made_up.place(sku, index, known, "gpu", data_direct=data_direct(tables, sku))
        if found["numa"] is None:
            found["numa"] = made_up.numa(sku, index)
    return found


def nic(
    tables: Tables, sku: ServerSku | None, slot: NicSlot | None, cabled: Nic | None, position: int
) -> dict[str, Any]:
    """Address, root and NUMA node of a NIC port, the ``position``th of its server.

    A port without an address in the catalog gets none, and no NUMA node outside the rails.
    """
    pci = cabled.pci if cabled else slot.pci if slot else None
    numa = cabled.numa if cabled else slot.numa if slot else None
    root = f"pci{OTHERS:04x}:{pci.split(':')[0] if pci else f'{position:02x}'}"
    if sku is not None and slot is not None and slot.rail is not None:
        gpus = sku.gpu_slots
        known = gpus[slot.rail].root if slot.rail < len(gpus) else None
        root = made_up.place(sku, slot.rail, known, "nic", data_direct=data_direct(tables, sku))
        numa = made_up.numa(sku, slot.rail) if numa is None else numa
    return {"pci": pci, "pcie_root": root, "numa": numa}
