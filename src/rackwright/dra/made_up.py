"""Made up: places on the buses that no table has, for tests against a scheduler and for the lab's hardware.

A scheduler pairs devices whose roots are equal; which string it is does not matter. So a pair of a GPU and
the NIC of its rail gets a root of its own, by rail, where the two share one and its name is not known. No
machine of metal is compared with any of it.
"""

from __future__ import annotations

from typing import Literal

from rackwright.models.kubernetes_design import GpuGroup
from rackwright.models.tables import ServerSku

Kind = Literal["gpu", "nic"]


def root(group: GpuGroup, rail: int, known: str | None, kind: Kind) -> str:
    """PCIe root of a rail's GPU or NIC in a group's servers."""
    return place(group.sku, rail, known, kind, data_direct=group.data_direct)


def place(sku: ServerSku, rail: int, known: str | None, kind: Kind, *, data_direct: bool) -> str:
    """PCIe root of a rail's GPU or NIC.

    Where they do not share one each has its own, so that a claim by pcieRoot finds no pair, as in the world.
    """
    if known is not None:
        return known
    shared = sku.gpu_nic == "same-root" and not data_direct
    domain = {"gpu": 0, "nic": 0 if shared else 1}[kind]
    return f"pci{domain:04x}:{0x10 + rail:02x}"


def numa(sku: ServerSku, rail: int) -> int:
    """NUMA node of a rail: half of the GPUs, each with its NIC, on each socket."""
    return rail * 2 // max(1, sku.gpus)


def uuid(node: str, minor: int) -> str:
    """Of a GPU. It says itself that it is none."""
    return f"GPU-made-up-{node}-{minor}"
