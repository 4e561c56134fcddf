"""Quality of service: one RoCE contract for each compute plane; renderings and checks follow it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoceContract:
    """What NIC and switches agree on. Priority, traffic class and queue are one number on purpose: every
    switch OS can say that."""

    dscp: int
    """Marks RoCE data; the ToS byte is ``dscp << 2 | 2`` (ECT(0), RFC 3168)."""
    priority: int
    """Lossless priority = traffic class = queue: PFC on this one only."""
    cnp_dscp: int
    cnp_priority: int
    """Strict, never the lossless one."""
    ecn_min_bytes: int
    ecn_max_bytes: int
    ecn_probability: int
    """Percent at the maximum threshold."""
    bandwidth_percent: int
    """ETS share of the lossless class; the rest is the lossy classes'."""
    watchdog_ms: int
    """PFC watchdog: detection and restoration time."""
    mtu: int
    """Of the hosts' ports, in bytes (IP packet)."""
    switch_mtu: int
    rdma_mtu: int = 4096
    """RDMA path MTU, less than the hosts'."""

    @property
    def tos(self) -> int:
        """The ToS byte that ``NCCL_IB_TC`` and the NIC's traffic_class carry.

        >>> RoceContract(26, 3, 48, 6, 150_000, 1_500_000, 100, 50, 200, 9000, 9216).tos
        106
        """
        return self.dscp << 2 | 2
