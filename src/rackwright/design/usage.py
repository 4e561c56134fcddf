"""Usage: how full each plane's addresses are, for the plan."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rackwright.design.pools import Pool
from rackwright.models.design import Design, PlaneDesign
from rackwright.models.spec import PlaneName

Json = dict[str, Any]


def usage(design: Design) -> dict[PlaneName, Json]:
    """By plane: ``total`` addresses; ``used`` by a device; ``reserved``: not used, in places that are taken
    by position; ``free_percent`` of the fullest range; and ``ranges``, each with its places."""
    taken = _taken(design)
    return {plane.name: _row(plane, taken[plane.name]) for plane in design.planes}


def _row(plane: PlaneDesign, used: int) -> Json:
    held = sum(row.used * row.each for row in plane.ranges)
    free = [100 - -(-100 * row.used // row.places) for row in plane.ranges if row.places]
    return {
        "total": Pool.of(plane.prefix).size,
        "used": used,
        "reserved": max(0, held - used),
        "free_percent": min(free, default=100),
        "ranges": [{"name": row.name, "used": row.used, "places": row.places} for row in plane.ranges],
    }


def _taken(design: Design) -> Counter[PlaneName]:
    """Addresses on devices: ports of servers and switches, BMCs, loopbacks, the controller and the depot."""
    first: dict[str, PlaneName] = {}
    for plane in design.planes:
        first.setdefault(plane.fabric, plane.name)
    found: Counter[PlaneName] = Counter({"management": 2})
    for server in design.servers:
        found.update(nic.plane for nic in server.nics)
        found["management"] += 1
    for switch in design.switches:
        home = first[switch.fabric]
        found[home] += switch.loopback is not None
        for port in switch.ports:
            if port.address is not None and port.use != "management":
                found[port.plane or home] += 1
        found["management"] += switch.management != switch.loopback
    return found
