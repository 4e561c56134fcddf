"""Racks: what stands in each, how much it draws and weighs, and how far two places are apart by cable."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from rackwright.design.draft import SwitchDraft
from rackwright.design.floor import Spot
from rackwright.design.places import Place
from rackwright.models.design import Rack
from rackwright.models.spec import Physical
from rackwright.models.tables import ServerSku, SwitchModel

TRAY_M, SLACK_M, UNIT_M = 2.0, 1.0, 0.0445
"""Metres: up to the tray, slack at both ends together (assumptions), one rack unit (EIA-310)."""


def length_m(a: Spot, z: Spot) -> int:
    """Cable length in whole metres, over the tray when the racks differ.

    >>> length_m(Spot("a", 1, 0, 0), Spot("a", 40, 0, 0)), length_m(Spot("a", 1, 0, 0), Spot("b", 1, 0.6, 3))
    (3, 9)
    """
    if a.rack == z.rack:
        return math.ceil(abs(a.unit - z.unit) * UNIT_M + SLACK_M)
    return math.ceil(abs(a.x - z.x) + abs(a.y - z.y) + 2 * TRAY_M + SLACK_M)


def racks_of(
    stand: Iterable[Place], switches: Iterable[SwitchDraft], spots: Mapping[str, Spot], physical: Physical
) -> tuple[Rack, ...]:
    """Racks by name. Power and weight are sums of what is known; None where nothing in the rack is known."""
    found: dict[str, list[tuple[int, int, str, ServerSku | SwitchModel]]] = {}
    for place in stand:
        spot = spots[place.name]
        found.setdefault(spot.rack, []).append((spot.unit, place.sku.rack_units, place.name, place.sku))
    for drawn in switches:
        spot = spots[drawn.name]
        found.setdefault(spot.rack, []).append((spot.unit, drawn.model.rack_units, drawn.name, drawn.model))
    racks = []
    for name in sorted(found):
        held = sorted(found[name], key=lambda row: row[:3])
        racks.append(
            Rack(
                name,
                physical.rack_units,
                _sum([row[3].power_w for row in held] + _domain_power(row[3] for row in held)),
                tuple(row[:3] for row in held),
                spots[held[0][2]].row,
                _sum([row[3].weight_kg for row in held]),
                any(row[3].cooling == "liquid" for row in held),
            )
        )
    return tuple(racks)


def _sum(figures: list[int | None]) -> int | None:
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known else None


def _domain_power(models: Iterable[ServerSku | SwitchModel]) -> list[int | None]:
    """Of the equipment that an NVLink domain brings along, once for each rack."""
    kinds = {model.name: model for model in models if isinstance(model, ServerSku)}
    return [model.nvlink_extra_power_w for model in kinds.values() if model.nvlink_servers > 1]
