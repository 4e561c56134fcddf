"""Contract: the plane file's defaults, what the site changes, and the fabric's MTU, as one RoceContract."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache

from rackwright.models.qos import RoceContract, RoceDefaults
from rackwright.models.spec import ClusterSpec, RoceSettings
from rackwright.models.tables import Tables

SWITCH_MTU = 9216
"""What every switch OS here offers, and more than any host's 9000: the switch is never the narrow place."""
RDMA_MTUS = (4096, 2048, 1024, 512, 256)
ROCE_HEADERS = 84
"""Bytes of an IP packet around an RDMA payload: IPv6 40, UDP 8, BTH 12, RETH 16, immediate data 4, ICRC 4
(InfiniBand architecture, annex A17)."""


def contract_of(spec: ClusterSpec, tables: Tables) -> RoceContract | None:
    """The compute plane's contract; None where there is no compute plane on a RoCE fabric.

    :raises ValueError: the compute plane's file has no ``roce`` (load reports it with its place).
    """
    plane = spec.planes.get("compute")
    if plane is None or spec.fabrics[plane.fabric].kind != "roce":
        return None
    table = tables.planes["compute"]
    if table.roce is None:
        raise ValueError("network-planes/compute.yaml has no roce")
    return merged(table.roce, plane.roce or RoceSettings(), plane.mtu or table.mtu)


@lru_cache(maxsize=32)
def merged(defaults: RoceDefaults, changes: RoceSettings, mtu: int) -> RoceContract:
    """Defaults under the site's changes."""
    values: dict[str, int] = {}
    for field in fields(RoceDefaults):
        change: int | None = getattr(changes, field.name)
        values[field.name] = getattr(defaults, field.name) if change is None else change
    return RoceContract(**values, mtu=mtu, switch_mtu=SWITCH_MTU, rdma_mtu=rdma_mtu(mtu))


def rdma_mtu(mtu: int) -> int:
    """The largest RDMA path MTU whose packets fit a port's MTU.

    >>> [rdma_mtu(mtu) for mtu in (9000, 4180, 4179, 1500)]
    [4096, 4096, 2048, 1024]
    """
    return next((size for size in RDMA_MTUS if size + ROCE_HEADERS <= mtu), RDMA_MTUS[-1])
