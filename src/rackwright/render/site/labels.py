"""Labels: two for each cable, one for either end, as the CSV that label printers take.

A label says where its own end belongs, where the other end is, and what the cable is; whoever holds it needs
no list. TIA-606-C asks for both ends on every label.
"""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.models.design import Design
from rackwright.render.csvtext import csv_text
from rackwright.render.wiring import Wiring

COLUMNS = ("cable", "end", "here", "there", "cable_is")


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """All labels of the cluster. ``cable`` is the same on both ends: the A end's device and port."""
    return {"cabling/labels.csv": csv_text(COLUMNS, lines(design, wiring))}


def lines(design: Design, wiring: Wiring) -> Iterator[tuple[str, ...]]:
    """Both labels of each cable, in the design's order."""
    racks = {name: f"{rack} U{unit} " for name, (rack, unit) in wiring.where.items()}
    for cable in design.cables:
        a = f"{racks.get(cable.a.device, '')}{cable.a.device} {cable.a.port}"
        z = f"{racks.get(cable.z.device, '')}{cable.z.device} {cable.z.port}"
        what = f"{cable.fabric} {cable.speed_gbps}G"
        if cable.length_m is not None:
            what += f" {cable.length_m} m"
        name = f"{cable.a.device}:{cable.a.port}"
        yield name, "A", a, z, what
        yield name, "Z", z, a, what
