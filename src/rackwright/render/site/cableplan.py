"""Cable plan: one CSV line for each cable, with both ends' rack and unit, for the people who pull them."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.models.design import Design
from rackwright.render.csvtext import csv_text
from rackwright.render.wiring import Wiring

COLUMNS = (
    "a_device",
    "a_port",
    "a_rack",
    "a_unit",
    "z_device",
    "z_port",
    "z_rack",
    "z_unit",
    "fabric",
    "kind",
    "speed_gbps",
    "length_m",
    "part",
)
_NOWHERE = ("", "")


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """The plan of the whole cluster."""
    return {"cable-plan.csv": csv_text(COLUMNS, lines(design, wiring))}


def lines(design: Design, wiring: Wiring) -> Iterator[tuple[str | int, ...]]:
    """A line for each cable, in the design's order; an empty cell is not known."""
    where = wiring.where
    for cable in design.cables:
        a, z = cable.a, cable.z
        yield (
            a.device,
            a.port,
            *where.get(a.device, _NOWHERE),
            z.device,
            z.port,
            *where.get(z.device, _NOWHERE),
            cable.fabric,
            cable.kind,
            cable.speed_gbps,
            "" if cable.length_m is None else cable.length_m,
            cable.part or "",
        )
