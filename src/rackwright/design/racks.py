"""Racks: where every device stands, how far apart, how much power. By position: growth moves nothing.

A row for each scalable unit: its leaf rack at x = 0, its GPU racks beside it. Row 0 holds racks of spines,
frontend and out-of-band switches; each class of switch has its own zone of rack units. Other servers have
rows behind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rackwright.design.draft import SwitchDraft
from rackwright.design.places import ROLES, Place
from rackwright.design.pools import SWITCH_CLASSES
from rackwright.models.design import Rack
from rackwright.models.spec import Physical

RACK_WIDTH_M, ROW_PITCH_M, TRAY_M, SLACK_M, UNIT_M = 0.6, 3.0, 2.0, 1.0, 0.0445
"""Metres: rack width, distance of rows (assumptions), up to the tray, slack at both ends, one rack unit
(EIA-310)."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a device stands. x and y in metres on the floor, ``unit`` its lowest rack unit from 1."""

    rack: str
    unit: int
    x: float
    y: float


def server_spot(place: Place, lane: int, physical: Physical) -> Spot:
    """As many servers in a rack as its units and its power allow."""
    height, power = place.sku.rack_units, place.sku.power_w
    per_rack = physical.rack_units // height
    if power:
        per_rack = min(per_rack, physical.rack_power_kw * 1000 // power)
    number, slot = divmod(place.index - 1, max(1, per_rack))
    row = f"{place.group}-su{place.unit:02d}" if place.unit is not None else place.group
    y = place.unit if place.unit is not None else -(ROLES.index(place.role) + 3 * lane)
    return Spot(f"{row}-r{number + 1:02d}", 1 + slot * height, (number + 1) * RACK_WIDTH_M, y * ROW_PITCH_M)


def switch_spot(switch: SwitchDraft, physical: Physical) -> Spot:
    """Rail leaves in their unit's leaf rack; all others in the network racks, a zone for each class."""
    height = switch.model.rack_units
    if switch.unit is not None and switch.rail is not None:
        number, slot = divmod(switch.rail, max(1, physical.rack_units // height))
        rack = f"{switch.fabric}-su{switch.unit:02d}-r{number + 1:02d}"
        return Spot(rack, 1 + slot * height, -number * RACK_WIDTH_M, switch.unit * ROW_PITCH_M)
    zone = physical.rack_units // SWITCH_CLASSES
    if zone < height:  # a low rack: a rack of its own for each class
        number, slot = divmod(switch.position, max(1, physical.rack_units // height))
        rack = f"net-{switch.fabric}-{switch.tier}-r{number + 1:02d}"
        return Spot(rack, 1 + slot * height, number * RACK_WIDTH_M, 0.0)
    number, slot = divmod(switch.position, zone // height)
    unit = 1 + switch.class_number * zone + slot * height
    return Spot(f"net-r{number + 1:02d}", unit, number * RACK_WIDTH_M, 0.0)


def length_m(a: Spot, z: Spot) -> int:
    """Cable length in whole metres, over the tray when the racks differ.

    >>> length_m(Spot("a", 1, 0, 0), Spot("a", 40, 0, 0)), length_m(Spot("a", 1, 0, 0), Spot("b", 1, 0.6, 3))
    (3, 9)
    """
    if a.rack == z.rack:
        return math.ceil(abs(a.unit - z.unit) * UNIT_M + SLACK_M)
    return math.ceil(abs(a.x - z.x) + abs(a.y - z.y) + 2 * TRAY_M + SLACK_M)


def racks_of(
    spots: dict[str, Spot], heights: dict[str, int], power: dict[str, int | None], physical: Physical
) -> tuple[Rack, ...]:
    """Racks by name. Power is the sum of what is known; None when nothing in the rack has a known figure."""
    slots: dict[str, list[tuple[int, int, str]]] = {}
    for device, spot in spots.items():
        slots.setdefault(spot.rack, []).append((spot.unit, heights[device], device))
    found = []
    for name in sorted(slots):
        known = [watts for _, _, device in slots[name] if (watts := power[device]) is not None]
        found.append(
            Rack(name, physical.rack_units, sum(known) if known else None, tuple(sorted(slots[name])))
        )
    return tuple(found)
