"""Cable plan: one CSV line for each cable, with both ends' rack and unit, for the people who pull them."""

from __future__ import annotations

import csv
import io

from rackwright.models.design import Design
from rackwright.render.wiring import Wiring

COLUMNS = [
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
]


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """The plan as a file."""
    del wiring
    return {"cable-plan.csv": cable_plan(design)}


def cable_plan(design: Design) -> str:
    """CSV with a header; empty cells are not known."""
    where: dict[str, tuple[str, int | str]] = {s.name: (s.rack, s.rack_unit) for s in design.servers}
    where |= {s.name: (s.rack, s.rack_unit) for s in design.switches}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cable in design.cables:
        a, z = where.get(cable.a.device, ("", "")), where.get(cable.z.device, ("", ""))
        writer.writerow(
            [
                cable.a.device,
                cable.a.port,
                *a,
                cable.z.device,
                cable.z.port,
                *z,
                cable.fabric,
                cable.kind,
                cable.speed_gbps,
                "" if cable.length_m is None else cable.length_m,
                cable.part or "",
            ]
        )
    return out.getvalue()
