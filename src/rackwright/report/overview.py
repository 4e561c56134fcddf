"""A fabric of more leaves than lines can show: pods and units as tiles, a cell for each switch.

::

    cores      a cell each
      |        one line to each pod, with its number of cables
    pod 01     its spines, a cell each
    su01 su02  a tile for each unit: a cell for each leaf in its rail's colour, servers, faults
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from rackwright.models.design import Cable, Design, Switch
from rackwright.report.marks import Marks, rail_colour
from rackwright.report.svg import picture, tag, text, title

WIDTH = 1120.0
_TILE_W, _TILE_H, _GAP = 104.0, 50.0, 8.0
_CELL_W, _CELL_H, _CELL_GAP = 9.0, 9.0, 2.0
_PER_TILE = 16
"""Leaves without a unit that share a tile."""


def draw(design: Design, fabric: str, marks: Marks) -> str:
    """The picture; every switch of the fabric is in it."""
    return _Overview(design, fabric, marks).draw()


class _Overview:
    def __init__(self, design: Design, fabric: str, marks: Marks) -> None:
        self.fabric, self.marks = fabric, marks
        self.switches = [switch for switch in design.switches if switch.fabric == fabric]
        self.cables = [cable for cable in design.cables if cable.fabric == fabric]
        self.lanes = sorted({switch.lane for switch in self.switches if switch.tier == "spine"})
        self.faults: Counter[str] = Counter()
        self.servers: dict[str, set[str]] = defaultdict(set)
        servers = {server.name for server in design.servers}
        for cable in self.cables:
            wrong = marks.cable(cable)
            self.faults[cable.a.device] += wrong
            if cable.z.device in servers:
                self.servers[cable.a.device].add(cable.z.device)
            else:
                self.faults[cable.z.device] += wrong

    def draw(self) -> str:
        y, parts = 16.0, []
        for lane in self.lanes:
            if len(self.lanes) > 1:
                parts.append(text(8, y, f"parallel plane {lane}", "name", "start"))
                y += 14
            drawn, y = self._lane(lane, y)
            parts.append(drawn)
            y += 18
        return picture(WIDTH, y, "".join(parts), f"Fabric {self.fabric}", 1040)

    def _lane(self, lane: int, y: float) -> tuple[str, float]:
        cores = self._tier("core", lane)
        spines: dict[int | None, list[Switch]] = defaultdict(list)
        for switch in self._tier("spine", lane):
            spines[switch.pod].append(switch)
        leaves: dict[int | None, list[Switch]] = defaultdict(list)
        for switch in self.switches:
            # the sides of a dual ToR have lanes of their own below the same spines
            if switch.tier == "leaf" and (switch.lane == lane or len(self.lanes) == 1):
                leaves[switch.pod].append(switch)
        parts = []
        if cores:
            drawn, y = self._box(f"{len(cores)} cores, {cores[0].model}", cores, y)
            parts.append(drawn)
        for pod, found in spines.items():
            name = f"pod {pod:02d}: " if pod is not None else ""
            above = self._links("spine-core", {switch.name for switch in found})
            if cores and above:
                parts.append(self._joint(y, f"to the cores: {above}"))
                y += 22
            drawn, y = self._box(f"{name}{len(found)} spines, {found[0].model}", found, y)
            below = self._links("leaf-spine", {switch.name for switch in found})
            parts += [drawn, self._joint(y, below)]
            drawn, y = self._tiles(leaves.pop(pod, []), y + 22)
            parts.append(drawn)
            y += 10
        for rest in leaves.values():  # below the spines of every pod
            drawn, y = self._tiles(rest, y)
            parts.append(drawn)
        return "".join(parts), y

    def _tier(self, tier: str, lane: int) -> list[Switch]:
        return [switch for switch in self.switches if switch.tier == tier and switch.lane == lane]

    def _links(self, kind: str, chosen: set[str]) -> str:
        """Cables of a kind below or above the chosen spines, in words: ``1024 x 400G``."""
        speeds: Counter[int] = Counter()
        for cable in self.cables:
            if cable.kind == kind and self._spine(cable) in chosen:
                speeds[cable.speed_gbps] += 1
        return ", ".join(f"{count:,} x {speed}G" for speed, count in sorted(speeds.items()))

    def _spine(self, cable: Cable) -> str:
        """The A end is the upper switch."""
        return cable.a.device if cable.kind == "leaf-spine" else cable.z.device

    def _box(self, words: str, switches: list[Switch], y: float) -> tuple[str, float]:
        """A tier in a frame: a cell for each switch."""
        per_row = int((WIDTH - 32) // (_CELL_W + _CELL_GAP))
        rows = -(-len(switches) // per_row)
        height = 26 + rows * (_CELL_H + _CELL_GAP)
        frame = tag("rect", x=4, y=y, width=WIDTH - 8, height=height, rx=5, class_="switch")
        label = text(16, y + 16, words, "name", "start")
        return frame + label + self._cells(switches, 16, y + 22, per_row), y + height

    def _joint(self, y: float, words: str) -> str:
        line = tag("path", d=f"M{WIDTH / 2:.1f} {y:.1f}V{y + 22:.1f}", class_="cable")
        return line + text(WIDTH / 2 + 10, y + 15, words, "faint", "start")

    def _cells(self, switches: Iterable[Switch], x: float, y: float, per_row: int) -> str:
        parts = []
        for at, switch in enumerate(switches):
            faults = self.faults[switch.name]
            wrong = self.marks.device(switch.name) or faults
            about = f"{switch.name}: {switch.model}, {switch.management.ip}"
            about += f", {faults} faulty cables" if faults else ""
            parts.append(
                tag(
                    "rect",
                    title(about),
                    x=x + at % per_row * (_CELL_W + _CELL_GAP),
                    y=y + at // per_row * (_CELL_H + _CELL_GAP),
                    width=_CELL_W,
                    height=_CELL_H,
                    rx=1.5,
                    class_="cell bad" if wrong else "cell",
                    style="" if wrong else f"fill:{rail_colour(switch.rail)}",
                )
            )
        return "".join(parts)

    def _tiles(self, leaves: list[Switch], y: float) -> tuple[str, float]:
        tiles: dict[str, list[Switch]] = defaultdict(list)
        plain = 0
        for leaf in leaves:
            if leaf.unit is not None:
                tiles[f"su{leaf.unit:02d}"].append(leaf)
            else:
                first = plain // _PER_TILE * _PER_TILE
                tiles[f"leaves {first + 1}-{min(first + _PER_TILE, len(leaves))}"].append(leaf)
                plain += 1
        per_row = int((WIDTH - 8 + _GAP) // (_TILE_W + _GAP))
        inner = int((_TILE_W - 12) // (_CELL_W + _CELL_GAP))
        tallest = max((-(-len(found) // inner) for found in tiles.values()), default=1)
        height = _TILE_H + (tallest - 1) * (_CELL_H + _CELL_GAP)
        parts = []
        for at, (name, found) in enumerate(tiles.items()):
            x, top = 4 + at % per_row * (_TILE_W + _GAP), y + at // per_row * (height + _GAP)
            parts.append(self._tile(name, found, x, top, height, inner))
        rows = -(-len(tiles) // per_row)
        return "".join(parts), y + rows * (height + _GAP)

    def _tile(self, name: str, leaves: list[Switch], x: float, y: float, height: float, inner: int) -> str:
        servers = {server for leaf in leaves for server in self.servers[leaf.name]}
        faults = sum(self.faults[leaf.name] for leaf in leaves)
        bad = faults or any(
            self.marks.device(device) for device in (*servers, *(leaf.name for leaf in leaves))
        )
        about = f"{name}: {len(leaves)} leaves, {len(servers)} servers, {faults} faulty cables"
        frame = tag(
            "rect",
            title(about),
            x=x,
            y=y,
            width=_TILE_W,
            height=height,
            rx=4,
            class_=f"host{' bad' if bad else ''}",
        )
        cells = self._cells(leaves, x + 6, y + 20, inner)
        note = f"{faults} faults" if faults else f"{len(servers)} servers"
        words = text(x + 6, y + 14, name, "short", "start")
        return tag("g", frame + words + cells + text(x + 6, y + height - 6, note, "faint", "start"))
