"""ASNs: one private 4-byte number (RFC 6996) for each switch, by fabric, tier and place."""

from __future__ import annotations

from rackwright.models.design import Tier
from rackwright.models.spec import ClusterSpec, PlaneName

FIRST = 4_200_000_000
_FABRIC, _TIER = 10_000_000, 1_000_000
TIERS: tuple[Tier, ...] = ("leaf", "spine", "core")
PLANES: tuple[PlaneName, ...] = ("compute", "storage", "business", "management")


def lane(spec: ClusterSpec, fabric: str) -> int:
    """A fabric's place among fabrics: that of the first plane it carries, whatever the fabric is called."""
    carried = [PLANES.index(name) for name, plane in spec.planes.items() if plane.fabric == fabric]
    return min(carried, default=len(PLANES) - 1)


def asn(fabric_lane: int, tier: Tier, position: int) -> int:
    """``position`` from 0 inside the tier.

    >>> asn(1, "spine", 0)
    4211000000
    """
    return FIRST + fabric_lane * _FABRIC + TIERS.index(tier) * _TIER + position
