"""Made up: identities that no table has, for tests against a scheduler and no comparison with a machine.

A scheduler pairs devices whose roots are equal; which string it is does not matter. So a pair of a GPU and
the NIC of its rail gets a root of its own, by rail, where the two share one and its name is not known.
"""

from __future__ import annotations

from rackwright.models.kubernetes_design import GpuGroup


def root(group: GpuGroup, rail: int, known: str | None, kind: str) -> str:
    """PCIe root of a rail's GPU or NIC (``kind``).

    Where they do not share one each has its own, so that a claim by pcieRoot finds no pair, as in the world.
    """
    if known is not None:
        return known
    shared = group.sku.gpu_nic == "same-root" and not group.data_direct
    domain = {"gpu": 0, "nic": 0 if shared else 1}[kind]
    return f"pci{domain:04x}:{0x10 + rail:02x}"


def uuid(node: str, minor: int) -> str:
    """Of a GPU. It says itself that it is none."""
    return f"GPU-made-up-{node}-{minor}"
