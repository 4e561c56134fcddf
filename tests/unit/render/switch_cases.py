"""Clusters that make a switch's configuration differ, for one operating system after another."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tests.unit.design.clusters import made

from rackwright.models.design import Design
from rackwright.models.spec import Nos

SIX = {
    "planes__compute__prefix6": "2001:db8:64::/64",
    "planes__storage__prefix6": "2001:db8:80::/64",
    "planes__business__prefix6": "2001:db8:96::/64",
    "planes__management__prefix6": "2001:db8:112::/64",
}
TENANTS = {"acme": {"id": 7, "machines": ["gpu"]}}
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "numbered": {"fabrics__backend__underlay": "numbered", "fabrics__frontend__underlay": "numbered"},
    "numbered-ipv6": {"fabrics__backend__underlay": "numbered", **SIX},
    "tenants": {"tenants": TENANTS},
    "ipv6": SIX,
    "rules": {"fabrics__frontend__isolation": "rules", **SIX},
    "shared": {"fabrics__frontend__ports": "shared"},
    "shared-rules": {"fabrics__frontend__ports": "shared", "fabrics__frontend__isolation": "rules"},
    "three-tiers": {"fabrics__backend__tiers": 3, "fabrics__backend__spines": None},
    "routed-oob": {"fabrics__oob__routed": True, **SIX},
    "servers": {"site": {"dns": ["192.0.2.53"], "ntp": ["192.0.2.1", "192.0.2.2"]}},
    "no-bfd": {"fabrics__backend__bfd": False},
    "other-contract": {
        "planes__compute__roce": {
            "dscp": 24,
            "priority": 4,
            "cnp_dscp": 46,
            "cnp_priority": 5,
            "watchdog_ms": 400,
        }
    },
}
"""Changes to the small cluster, by name."""
FEW = ("plain", "numbered-ipv6", "tenants", "shared-rules", "three-tiers", "routed-oob")
"""Cases that have every form between them, where each case is slow."""
ARISTA = "arista-7060x6-64pe"


@lru_cache
def case(name: str, nos: Nos, switch: str | None = None) -> Design:
    """A case with every fabric on one operating system; ``switch`` is the backend's model."""
    changes = {f"fabrics__{fabric}__nos": nos for fabric in ("backend", "frontend", "oob")}
    if switch is not None:
        changes["fabrics__backend__switch"] = switch
    return made(**changes, **CASES[name])
