"""A rack as a picture: what stands where, seen from the front."""

from __future__ import annotations

from rackwright.models.design import Design, Rack
from rackwright.report.marks import Marks
from rackwright.report.svg import picture, tag, text, title

WIDTH, UNIT, TOP, SIDE = 168.0, 8.0, 22.0, 20.0


def draw(design: Design, rack: Rack, marks: Marks) -> str:
    """One rack; unit 1 is at the bottom."""
    servers = {server.name: server for server in design.servers}
    switches = {switch.name: switch for switch in design.switches}
    height = rack.units * UNIT
    body = text(WIDTH / 2, 13, rack.name, "name")
    body += tag("rect", x=SIDE, y=TOP, width=WIDTH - SIDE - 2, height=height, rx=4, class_="rack")
    for mark in (1, *range(6, rack.units + 1, 6)):
        body += text(SIDE - 5, TOP + height - (mark - 0.5) * UNIT + 3, str(mark), "faint", "end")
    for lowest, tall, device in rack.slots:
        y = TOP + height - (lowest - 1 + tall) * UNIT
        server, switch = servers.get(device), switches.get(device)
        kind = "gpu" if server and server.gpus else "server" if server else "net" if switch else "other"
        sku = server.sku if server else switch.model if switch else ""
        bad = " bad" if marks.device(device) else " touched" if _part_blamed(device, marks) else ""
        block = tag(
            "rect",
            x=SIDE + 3,
            y=y + 0.75,
            width=WIDTH - SIDE - 8,
            height=tall * UNIT - 1.5,
            rx=2,
            class_=f"unit {kind}{bad}",
        )
        words = text(
            SIDE + 9,
            y + tall * UNIT / 2 + (3 if tall > 1 else 2.2),
            device,
            "slot" if tall > 1 else "slot thin",
            "start",
        )
        about = f"{device}: {sku}, units {lowest} to {lowest + tall - 1}"
        body += tag("g", title(about) + block + words)
    return picture(WIDTH, TOP + height + 4, body, f"Rack {rack.name}", 0)


def _part_blamed(device: str, marks: Marks) -> bool:
    """Whether a finding blames a port or a part of the device."""
    return any(element.startswith((f"{device}:", f"{device}#")) for element in marks.elements)
