"""Cables: length from positions, part from the catalog by speed and length."""

from __future__ import annotations

from collections.abc import Iterable

from rackwright.design.draft import Link
from rackwright.design.floor import Spot
from rackwright.design.racks import length_m
from rackwright.models.design import Cable
from rackwright.models.tables import CableModel


class Drawer:
    """Chooses parts; remembers what it has chosen for a speed and a length.

    The catalog is sorted by speed and reach, so the first row of the right speed that is long enough is the
    cheapest kind that does the job: copper, then active optical, then transceivers.
    """

    def __init__(self, models: Iterable[CableModel]) -> None:
        self._models = sorted(models, key=lambda row: (row.speed_gbps, row.max_length_m))
        self._chosen: dict[tuple[int, int], CableModel | None] = {}

    def choose(self, speed_gbps: int, metres: int) -> CableModel | None:
        """None: the catalog has no cable of this speed that is long enough."""
        key = speed_gbps, metres
        if key not in self._chosen:
            fits = (m for m in self._models if m.speed_gbps == speed_gbps and m.max_length_m >= metres)
            self._chosen[key] = next(fits, None)
        return self._chosen[key]


def cable(link: Link, spots: dict[str, Spot], drawer: Drawer) -> Cable:
    """A cable whose far end stands nowhere (the controller, an appliance) has neither length nor part."""
    a, z = spots.get(link.a.device), spots.get(link.z.device)
    metres = length_m(a, z) if a and z else None
    model = drawer.choose(link.speed_gbps, metres) if metres is not None else None
    part = model.part if model else None
    return Cable(link.a, link.z, link.fabric, link.kind, link.speed_gbps, metres, part)
