"""Reserved: processors and memory of a server that pods never get, by NUMA node.

Static memory management wants the reserved memory of all NUMA nodes together to be exactly what is reserved
for the kubelet, for the system and for eviction; otherwise the kubelet does not start
(https://kubernetes.io/docs/tasks/administer-cluster/memory-manager/).
"""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.tables import Host

CORES = 2
"""Physical cores of each NUMA node, with their threads. Assumption: kubelet, containerd, DCGM, fabric
manager, exporters and interrupts of a server with eight GPUs and ten NICs need no more."""
SYSTEM_MIB = 4096
"""Assumption: the same daemons, journal and page tables."""
EVICTION_MIB = 1024
"""Assumption: time enough to evict on a server that pulls images of 20 GB."""
_TIERS = ((4, 25), (4, 20), (8, 10), (112, 6))
"""(GiB, percent): https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes"""
_ABOVE = 2
"""Percent of the memory beyond the tiers."""
MANY_NODES = 8
"""NUMA nodes from which on the Topology Manager refuses to start unless it is told how many there are, and
memory hints are sought over every set of nodes (https://github.com/kubernetes/kubernetes/pull/135581)."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a server keeps for itself."""

    cpus: str | None
    """A list for ``reservedSystemCPUs``; None: the numbers are not known, only how many."""
    cpu_count: int
    """Logical processors."""
    kubelet_mib: int
    by_node_mib: tuple[int, ...]
    """Of each NUMA node with processors."""


def reserved(host: Host) -> Reserved:
    """What a server with such processors and memory keeps.

    >>> found = reserved(Host(2, 56, 2, 2, 2, 2048, "block", "assumption: an example"))
    >>> found.cpus, found.cpu_count
    ('0-1,56-57,112-113,168-169', 8)
    >>> sum(found.by_node_mib) == found.kubelet_mib + SYSTEM_MIB + EVICTION_MIB
    True
    """
    kubelet = kubelet_mib(host.memory_gib)
    kubelet += -(kubelet + SYSTEM_MIB + EVICTION_MIB) % host.cpu_nodes
    each = (kubelet + SYSTEM_MIB + EVICTION_MIB) // host.cpu_nodes
    count = CORES * host.threads * host.cpu_nodes
    return Reserved(_cpus(host), count, kubelet, (each,) * host.cpu_nodes)


def kubelet_mib(memory_gib: int) -> int:
    """Memory for the kubelet and the container runtime: less of each further GiB.

    >>> kubelet_mib(8), kubelet_mib(2048)
    (1843, 48865)
    """
    left, percent = memory_gib, 0
    for size, share in _TIERS:
        percent += min(left, size) * share
        left -= min(left, size)
    return (percent + left * _ABOVE) * 1024 // 100


def _cpus(host: Host) -> str | None:
    """The first cores of each NUMA node and their other threads, as Linux numbers them."""
    if host.cpu_order != "block":
        return None
    cores = host.sockets * host.cores
    each = cores // host.cpu_nodes
    starts = [
        thread * cores + node * each for thread in range(host.threads) for node in range(host.cpu_nodes)
    ]
    return ",".join(f"{start}-{start + CORES - 1}" for start in sorted(starts))
