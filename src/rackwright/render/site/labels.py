"""Labels: two for each cable, one for either end, as the CSV that label printers take.

A label says where its own end belongs, where the other end is, and what the cable is; whoever holds it needs
no list. TIA-606-C asks for both ends on every label.
"""

from __future__ import annotations

import csv
import io

from rackwright.models.design import Design
from rackwright.render.wiring import Wiring

COLUMNS = ("cable", "end", "here", "there", "cable_is")


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """All labels of the cluster. ``cable`` is the same on both ends: the A end's device and port."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    racks = {name: f"{rack} U{unit} " for name, (rack, unit) in wiring.where.items()}
    for cable in design.cables:
        a = f"{racks.get(cable.a.device, '')}{cable.a.device} {cable.a.port}"
        z = f"{racks.get(cable.z.device, '')}{cable.z.device} {cable.z.port}"
        what = f"{cable.fabric} {cable.speed_gbps}G"
        if cable.length_m is not None:
            what += f" {cable.length_m} m"
        name = f"{cable.a.device}:{cable.a.port}"
        writer.writerow((name, "A", a, z, what))
        writer.writerow((name, "Z", z, a, what))
    return {"cabling/labels.csv": out.getvalue()}
