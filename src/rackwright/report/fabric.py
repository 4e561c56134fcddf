"""A fabric as a picture: switches by tier, rails or planes in colour, blamed cables in red.

A small fabric shows every cable as a line. A large one shows lines between switches, and below each leaf a
cell for each cabled host port, so that a thousand ports stay readable.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from rackwright.models.design import Cable, Design, Server, Switch
from rackwright.report import overview
from rackwright.report.marks import Marks, about, plane_colour, rail_colour
from rackwright.report.svg import curve, picture, tag, text, title

WIDTH = 1120.0
LINES_UP_TO = 20
"""Servers on the fabric; with more, host cables become cells."""
MOST_LEAVES = 64
MOST_UPPERS = 48
SWITCH_H = 34.0
TIER_GAP = 118.0
CELL_H, CELL_GAP = 7.0, 1.5
CELLS_HIGH = 260.0
"""Height of the longest column of cells: a leaf of a hundred ports gets thinner cells."""


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    w: float
    h: float

    def port(self, at: int, of: int) -> float:
        """x of port ``at`` among ``of``, spread over the edge."""
        return self.x + self.w * (at + 1) / (of + 1)


def drawable(design: Design, fabric: str) -> bool:
    """Whether the fabric has tiers to draw (the out-of-band tree is drawn as face plates)."""
    return any(switch.fabric == fabric and switch.tier == "leaf" for switch in design.switches)


def draw(design: Design, fabric: str, marks: Marks) -> tuple[str, str]:
    """The picture, and a line on what it leaves out (empty: nothing)."""
    mine = [switch for switch in design.switches if switch.fabric == fabric]
    leaves = sum(switch.tier == "leaf" for switch in mine)
    if leaves > MOST_LEAVES or any(switch.tier == "core" or switch.lane for switch in mine):
        return overview.draw(design, fabric, marks), ""
    return _Drawing(design, fabric, marks).draw()


class _Drawing:
    def __init__(self, design: Design, fabric: str, marks: Marks) -> None:
        self.fabric, self.marks = fabric, marks
        self.cables = [c for c in design.cables if c.fabric == fabric]
        self.tiers: dict[str, list[Switch]] = defaultdict(list)
        for switch in design.switches:
            if switch.fabric == fabric:
                self.tiers[switch.tier].append(switch)
        self.servers: dict[str, Server] = {server.name: server for server in design.servers}
        self.planes = {(s.name, n.name): n.plane for s in design.servers for n in s.nics}
        self.boxes: dict[str, _Box] = {}
        self.leaves: list[Switch] = []
        self.omitted = ""

    def draw(self) -> tuple[str, str]:
        rows = [row for row in ("core", "spine") if self.tiers[row]]
        self.leaves = self._chosen(self.tiers["leaf"], MOST_LEAVES, "leaf switches")
        y, body = 8.0, ""
        for row in rows:
            self._row(self._chosen(self.tiers[row], MOST_UPPERS, f"{row} switches"), y, 150.0, 22.0)
            y += SWITCH_H + TIER_GAP
        self._row(self.leaves, y, 150.0, 8.0 if len(self.leaves) > 12 else 22.0)
        y += SWITCH_H
        body += self._links()
        hosts = {c.z.device for c in self.cables if c.kind == "host-leaf" and c.z.device in self.servers}
        if len(hosts) <= LINES_UP_TO:
            host_body, y = self._lines(sorted(hosts, key=list(self.servers).index), y)
        else:
            host_body, y = self._cells(y)
        body += host_body + "".join(self._switch(s) for tier in self.tiers.values() for s in tier)
        least = 720 if len(self.leaves) <= 12 else 1040
        return picture(WIDTH, y + 8, body, f"Fabric {self.fabric}", least), self.omitted

    def _chosen(self, switches: list[Switch], most: int, what: str) -> list[Switch]:
        """All, or the blamed ones and the first; says how many are left out."""
        if len(switches) <= most:
            return switches
        blamed = {e.split(":")[0] for e in self.marks.elements}
        first = sorted(switches, key=lambda s: s.name not in blamed)[:most]
        kept = {s.name for s in first}
        self.omitted += f"Drawn: {most} of {len(switches)} {what}. "
        return [s for s in switches if s.name in kept]

    def _row(self, switches: list[Switch], y: float, widest: float, gap: float) -> None:
        """Place a tier; a little more space between scalable units."""
        breaks = sum(a.unit != b.unit for a, b in pairwise(switches))
        room = WIDTH - 2 - gap * (len(switches) - 1) - breaks * 14
        width = min(widest, room / max(1, len(switches)))
        if len(switches) <= 12:  # few: spread over the width
            step = WIDTH / len(switches)
            for at, switch in enumerate(switches):
                self.boxes[switch.name] = _Box(step * (at + 0.5) - width / 2, y, width, SWITCH_H)
            return
        x = (WIDTH - (width * len(switches) + gap * (len(switches) - 1) + breaks * 14)) / 2
        for at, switch in enumerate(switches):
            if at and switches[at - 1].unit != switch.unit:
                x += 14
            self.boxes[switch.name] = _Box(x, y, width, SWITCH_H)
            x += width + gap

    def _switch(self, switch: Switch) -> str:
        box = self.boxes.get(switch.name)
        if box is None:
            return ""
        full = box.w >= 110
        short = f"r{switch.rail}" if switch.rail is not None else f"{switch.index:02d}"
        label = switch.name if full else short
        about_it = f"{switch.name}: {switch.model}, AS {switch.asn}, {switch.management.ip}"
        bad = " bad" if self.marks.device(switch.name) else ""
        style = f"stroke:{rail_colour(switch.rail)}" if switch.rail is not None and not bad else ""
        frame = tag(
            "rect", x=box.x, y=box.y, width=box.w, height=box.h, rx=5, class_=f"switch{bad}", style=style
        )
        words = text(box.x + box.w / 2, box.y + box.h / 2 + 4, label, "name" if full else "short")
        return tag("g", title(about_it) + frame + words)

    def _links(self) -> str:
        """Cables between switches; parallel ones between two switches lie side by side."""
        ups: dict[str, int] = defaultdict(int)
        downs: dict[str, int] = defaultdict(int)
        links = [c for c in self.cables if c.kind != "host-leaf" and c.kind != "oob"]
        links = [c for c in links if c.a.device in self.boxes and c.z.device in self.boxes]
        for cable in links:
            downs[cable.a.device] += 1
            ups[cable.z.device] += 1
        seen_up: dict[str, int] = defaultdict(int)
        seen_down: dict[str, int] = defaultdict(int)
        rails = {s.name: s.rail for tier in self.tiers.values() for s in tier}
        good: list[str] = []
        bad: list[str] = []
        dense = " dense" if len(links) > 120 else ""
        for cable in links:
            upper, lower = self.boxes[cable.a.device], self.boxes[cable.z.device]
            x1 = upper.port(seen_down[cable.a.device], downs[cable.a.device])
            x2 = lower.port(seen_up[cable.z.device], ups[cable.z.device])
            seen_down[cable.a.device] += 1
            seen_up[cable.z.device] += 1
            wrong = self.marks.cable(cable)
            line = curve(
                x1,
                upper.y + upper.h,
                x2,
                lower.y,
                about(cable),
                "cable bad" if wrong else f"cable{dense}",
                "" if wrong else rail_colour(rails.get(cable.z.device)),
            )
            (bad if wrong else good).append(line)
        return "".join(good + bad)

    def _colour(self, cable: Cable) -> str:
        rail = next((s.rail for s in self.leaves if s.name == cable.a.device), None)
        return rail_colour(rail) if rail is not None else plane_colour(self._plane(cable))

    def _plane(self, cable: Cable) -> str | None:
        return self.planes.get((cable.z.device, cable.z.port))

    def _lines(self, hosts: list[str], y: float) -> tuple[str, float]:
        """Every host cable as a line down to its server."""
        top = y + TIER_GAP
        step = WIDTH / max(1, len(hosts))
        width = min(190.0, step - 14)
        box = {h: _Box(step * (i + 0.5) - width / 2, top, width, 40) for i, h in enumerate(hosts)}
        cables = [c for c in self.cables if c.kind == "host-leaf" and c.z.device in box]
        cables = [c for c in cables if c.a.device in self.boxes]
        total_leaf: dict[str, int] = defaultdict(int)
        total_host: dict[str, int] = defaultdict(int)
        for cable in cables:
            total_leaf[cable.a.device] += 1
            total_host[cable.z.device] += 1
        seen_leaf: dict[str, int] = defaultdict(int)
        seen_host: dict[str, int] = defaultdict(int)
        good: list[str] = []
        bad: list[str] = []
        dots: list[str] = []
        for cable in cables:
            leaf, host = self.boxes[cable.a.device], box[cable.z.device]
            x1 = leaf.port(seen_leaf[cable.a.device], total_leaf[cable.a.device])
            x2 = host.port(seen_host[cable.z.device], total_host[cable.z.device])
            seen_leaf[cable.a.device] += 1
            seen_host[cable.z.device] += 1
            wrong = self.marks.cable(cable)
            colour = "" if wrong else self._colour(cable)
            line = curve(
                x1, leaf.y + leaf.h, x2, host.y, about(cable), "cable bad" if wrong else "cable", colour
            )
            (bad if wrong else good).append(line)
            dots.append(
                tag(
                    "circle",
                    cx=x2,
                    cy=host.y,
                    r=3.5,
                    class_="dot bad" if wrong else "dot",
                    style=f"fill:{colour}",
                )
            )
        frames = "".join(self._host(name, place) for name, place in box.items())
        return "".join(good + bad) + frames + "".join(dots), top + 40

    def _host(self, name: str, box: _Box) -> str:
        server = self.servers[name]
        bad = " bad" if self.marks.device(name) else ""
        frame = tag("rect", x=box.x, y=box.y, width=box.w, height=box.h, rx=5, class_=f"host{bad}")
        words = text(box.x + box.w / 2, box.y + 24, name, "name")
        return tag("g", title(f"{name}: {server.sku}, {server.management.address.ip}") + frame + words)

    def _cells(self, y: float) -> tuple[str, float]:
        """A cell for each host port below its leaf, in the order of the servers."""
        order = {name: at for at, name in enumerate(self.servers)}
        ports: dict[str, list[Cable]] = defaultdict(list)
        for cable in self.cables:
            if cable.kind == "host-leaf" and cable.a.device in self.boxes:
                ports[cable.a.device].append(cable)
        tallest = max((len(found) for found in ports.values()), default=0)
        pitch = min(CELL_H + CELL_GAP, CELLS_HIGH / max(1, tallest))
        top, parts = y + 8, []
        for leaf in self.leaves:
            box = self.boxes[leaf.name]
            listed = sorted(ports[leaf.name], key=lambda c: (order.get(c.z.device, len(order)), c.z.port))
            for at, cable in enumerate(listed):
                wrong = self.marks.cable(cable)
                parts.append(
                    tag(
                        "rect",
                        title(about(cable)),
                        x=box.x,
                        y=top + at * pitch,
                        width=box.w,
                        height=pitch * CELL_H / (CELL_H + CELL_GAP),
                        rx=min(1.5, pitch / 4),
                        class_="cell bad" if wrong else "cell",
                        style="" if wrong else f"fill:{self._colour(cable)}",
                    )
                )
        bottom = top + tallest * pitch
        parts.append(self._unit_names(bottom + 14))
        return "".join(parts), bottom + 18

    def _unit_names(self, y: float) -> str:
        units: dict[int, list[_Box]] = defaultdict(list)
        for leaf in self.leaves:
            if leaf.unit is not None:
                units[leaf.unit].append(self.boxes[leaf.name])
        return "".join(
            text((boxes[0].x + boxes[-1].x + boxes[-1].w) / 2, y, f"unit {unit:02d}", "faint")
            for unit, boxes in units.items()
        )
