"""Partitions read back: each port's key table against the design's tenants."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.models.design import Design
from rackwright.models.finding import Finding

_DEFAULT, _OUTSIDE, _FULL = 0x7FFF, 0x7FFE, 0x8000


def used(keys: list[int]) -> list[int]:
    """A table without the empty places at its end.

    >>> used([0x8001, 0x7fff, 0, 0])
    [32769, 32767]
    """
    last = max((place for place, key in enumerate(keys) if key), default=-1)
    return keys[: last + 1]


def expected_tables(design: Design) -> dict[str, list[int]]:
    """Key table by adapter: a tenant's, or nobody's, compute ports; other ports of GPU servers are limited,
    servers of other roles full members of the default partition."""
    tenants = design.spec.tenants
    found = {}
    for server in design.servers:
        for nic in server.nics:
            if not tenants or (nic.plane != "compute" and server.role != "gpu"):
                table = [_DEFAULT | _FULL]
            elif nic.plane != "compute":
                table = [_DEFAULT]
            elif server.tenant is not None:
                table = [tenants[server.tenant].id | _FULL, _DEFAULT]
            else:
                table = [_OUTSIDE | _FULL, _DEFAULT]
            found[f"{server.name} {nic.rdma or nic.name}"] = table
    return found


def check_tables(design: Design, read: Mapping[str, list[int]], manager: str | None) -> list[Finding]:
    """Index 0 is what NCCL uses; nothing more than it should, or a host is in two tenants. The manager's own
    port is a full member of the default partition, wherever it sits."""
    findings = []
    for name, expected in expected_tables(design).items():
        if name == manager:
            expected = [key | _FULL for key in expected]
        if name in read and read[name] != expected:
            hint = "index 0 counts: NCCL_IB_PKEY is an index"
            findings.append(Finding(name, "partition", _say(read[name]), _say(expected), hint))
    return sorted(findings)


def _say(keys: list[int]) -> str:
    return " ".join(f"{key:#06x}" for key in keys) or "no keys"
