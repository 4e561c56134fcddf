"""Quality of service: one RoCE contract for each compute plane; renderings and checks follow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LOSSY = 0
"""Priority, traffic class and queue of everything that is neither RoCE data nor CNP."""
ECT = 2
"""ECN field of a packet that may be marked: ECT(0), RFC 3168."""


@dataclass(frozen=True, slots=True)
class RoceDefaults:
    """``roce:`` of ``network-planes/compute.yaml``; the fields are RoceContract's."""

    dscp: int
    priority: int
    cnp_dscp: int
    cnp_priority: int
    ecn_min_bytes: int
    ecn_max_bytes: int
    ecn_probability: int
    bandwidth_percent: int
    watchdog_ms: int


@dataclass(frozen=True, slots=True)
class TrafficClass:
    """One of the contract's three classes. Its number is priority, traffic class and queue at once."""

    name: Literal["lossy", "lossless", "cnp"]
    number: int
    dscps: tuple[int, ...]
    """DSCPs that belong to it; empty: all that no other class has."""
    percent: int | None
    """ETS (DWRR) share; None: strict priority."""

    @property
    def lossless(self) -> bool:
        """PFC and ECN on this class."""
        return self.name == "lossless"


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
        return self.dscp << 2 | ECT

    @property
    def cnp_tos(self) -> int:
        """The CNP's ToS byte; a CNP is not ECN-capable."""
        return self.cnp_dscp << 2

    @property
    def classes(self) -> tuple[TrafficClass, TrafficClass, TrafficClass]:
        """Lossy, lossless and CNP class, in this order. Eight queues exist; the other five stay empty."""
        return (
            TrafficClass("lossy", LOSSY, (), 100 - self.bandwidth_percent),
            TrafficClass("lossless", self.priority, (self.dscp,), self.bandwidth_percent),
            TrafficClass("cnp", self.cnp_priority, (self.cnp_dscp,), None),
        )

    def priority_of(self, dscp: int) -> int:
        """Priority, traffic class and queue of a DSCP: 0 for all but RoCE data and CNP.

        >>> contract = RoceContract(26, 3, 48, 6, 150_000, 1_500_000, 100, 50, 200, 9000, 9216)
        >>> [contract.priority_of(dscp) for dscp in (0, 26, 48, 63)]
        [0, 3, 6, 0]
        """
        return {self.dscp: self.priority, self.cnp_dscp: self.cnp_priority}.get(dscp, LOSSY)
