"""Alignment: by which attribute a claim can pair a GPU with a NIC on a server, and where nothing is promised.

==============================================  ==========================================================
the GPU and the NIC of its rail                 a claim pairs them by
==============================================  ==========================================================
share a PCIe root                               pcieRoot
share a NUMA node only (Grace)                  numaNode
share the root of the NIC's Data Direct         numaNode; ConnectX-8 and later: the NIC's own root is another,
interface                                       and no driver publishes the one that counts
are not known                                   numaNode
==============================================  ==========================================================

AMD's driver publishes the NUMA node under a name of its own: without a common root nothing pairs them there.
Sources: https://docs.nvidia.com/networking/display/kubernetes2670/dra-sriov-driver, and the drivers' pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.dra.device import NUMA_NODE, PCIE_ROOT
from rackwright.models.kubernetes import GpuDriver, NetworkDriver
from rackwright.models.kubernetes_design import GpuGroup


@dataclass(frozen=True, slots=True)
class Alignment:
    """``attribute`` is None where claims for pairs cannot be written; ``limit`` says what is not promised."""

    attribute: str | None
    limit: str | None = None


def alignment(group: GpuGroup, gpu: GpuDriver, network: NetworkDriver) -> Alignment:
    """How GPUs and NICs of a group's servers are paired."""
    if gpu == "none" or network == "none":
        return Alignment(None)
    shared = group.sku.gpu_nic
    if group.data_direct:
        why = (
            "a GPU shares the PCIe root of the NIC's Data Direct interface, not the NIC's own (ConnectX-8 on)"
        )
    elif shared == "same-root":
        return Alignment(PCIE_ROOT)
    elif shared == "same-numa":
        why = "GPUs and NICs have PCIe roots of their own"
    else:
        why = "no public page says which GPU shares a PCIe root with which NIC"
    limit = f"{group.name}: {group.sku.name}: {why}; no alignment by pcieRoot is promised"
    if gpu == "amd":
        return Alignment(None, f"{limit}, and AMD's driver has no NUMA node that NICs have, too")
    return Alignment(NUMA_NODE, f"{limit}, only by NUMA node")
