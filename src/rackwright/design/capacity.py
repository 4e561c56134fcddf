"""Capacity: how many devices of a kind fit into a part of a rack, by units, power and weight."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.spec import Physical


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of every rack of a series: its units, and its share of the rack's power and weight."""

    first: int
    """Lowest unit, from 1."""
    units: int
    power_w: int
    weight_kg: int | None
    """None: no limit."""

    @classmethod
    def of(cls, physical: Physical, first: int, units: int, share: tuple[int, int]) -> Zone:
        """``share`` is a fraction: zones of one rack whose shares add up to one keep its limits together."""
        over, under = share
        weight = physical.rack_weight_kg
        return cls(
            first,
            units,
            physical.rack_power_kw * 1000 * over // under,
            None if weight is None else weight * over // under,
        )

    @classmethod
    def whole(cls, physical: Physical) -> Zone:
        return cls.of(physical, 1, physical.rack_units, (1, 1))


def capacity(height: int, power_w: int | None, weight_kg: int | None, zone: Zone) -> int:
    """Devices that fit; 0 when not even one does. A figure that nobody knows limits nothing.

    >>> capacity(8, 10_200, 130, Zone(1, 48, 44_000, None)), capacity(2, None, None, Zone(1, 6, 1, None))
    (4, 3)
    """
    fits = zone.units // height
    if power_w:
        fits = min(fits, zone.power_w // power_w)
    if weight_kg and zone.weight_kg is not None:
        fits = min(fits, zone.weight_kg // weight_kg)
    return max(0, fits)
