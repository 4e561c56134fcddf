"""What the page says in words and tables: plain values for the template, from design and result."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from rackwright.design.power import power
from rackwright.models.design import Design, Server
from rackwright.report.marks import plane_colour, rail_colour
from rackwright.verify.model import LAYERS, Layer, Result, Verdict
from rackwright.verify.table import counted, worst

SHOWN_EFFECTS = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """A number worth showing large."""

    value: str
    what: str


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a picture's legend."""

    colour: str
    words: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One layer of one node."""

    outcome: str
    """Empty: does not apply."""
    text: str
    about: str


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node's results."""

    name: str
    role: str
    cells: tuple[Cell, ...]
    failed: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class AddressGroup:
    """Addresses of a group of servers (a unit, or what stands outside units)."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def kilowatts(watts: int) -> str:
    """In kW, one decimal.

    >>> kilowatts(40800)
    '40.8 kW'
    """
    return f"{watts / 1000:.1f} kW"


def figures(design: Design) -> list[Figure]:
    """The cluster in six numbers."""
    gpus = sum(server.gpus for server in design.servers)
    known, unknown = power_of(design)
    return [
        Figure(f"{sum(bool(s.gpus) for s in design.servers):,}", "GPU servers"),
        Figure(f"{gpus:,}", "GPUs"),
        Figure(f"{sum(not s.gpus for s in design.servers):,}", "other servers"),
        Figure(f"{len(design.switches):,}", "switches"),
        Figure(f"{len(design.cables):,}", "cables"),
        Figure(f"{len(design.racks):,}", "racks"),
        Figure(known, "known power" if unknown else "power"),
    ]


def legend(design: Design, fabric: str) -> list[Key]:
    """Colours of a fabric's picture."""
    rails = sorted({s.rail for s in design.switches if s.fabric == fabric and s.rail is not None})
    if rails:
        return [Key(rail_colour(rail), f"rail {rail}") for rail in rails]
    return [Key(plane_colour(p.name), f"{p.name} plane") for p in design.planes if p.fabric == fabric]


def power_of(design: Design) -> tuple[str, int]:
    """Known power of the whole, and how many devices have no public figure."""
    watts = power(design)
    return kilowatts(watts.known_w), watts.unknown


def addresses(design: Design) -> list[AddressGroup]:
    """Every server's addresses, by unit."""
    groups: dict[str, list[Server]] = defaultdict(list)
    for server in design.servers:
        name = f"unit {server.unit:02d}, {server.group}" if server.unit is not None else server.group
        groups[name].append(server)
    return [_group(name, servers) for name, servers in groups.items()]


def _group(name: str, servers: list[Server]) -> AddressGroup:
    nics = servers[0].nics
    columns = ["server", "BMC"]
    columns += [f"rail {n.rail}" if n.rail is not None else n.plane for n in nics]
    rows = []
    for server in servers:
        addresses = tuple(str(n.address) for n in server.nics)
        rows.append((server.name, server.bmc.address.ip, *addresses))
    return AddressGroup(name, tuple(columns), tuple(rows))


def layers(result: Result) -> tuple[Layer, ...]:
    """Layers that anything was judged in."""
    used = {verdict.layer for verdict in result.verdicts}
    return tuple(layer for layer in LAYERS if layer in used)


def nodes(design: Design, result: Result) -> list[NodeRow]:
    """Every device's results, in the design's order."""
    by_device: dict[str, dict[str, list[Verdict]]] = defaultdict(lambda: defaultdict(list))
    for verdict in result.verdicts:
        by_device[verdict.device][verdict.layer].append(verdict)
    roles = {s.name: f"{s.role} server" for s in design.servers}
    roles |= {s.name: f"{s.tier} switch" for s in design.switches}
    rows = []
    for name, role in roles.items():
        cells = by_device.get(name, {})
        failed = tuple(v for found in cells.values() for v in found if v.outcome == "fail")
        row = tuple(_cell(layer, cells.get(layer, [])) for layer in layers(result))
        rows.append(NodeRow(name, role, row, failed))
    return rows


def _cell(layer: str, verdicts: list[Verdict]) -> Cell:
    verdicts = counted(verdicts)
    outcome = worst(verdicts)
    if not outcome:
        return Cell("", "", "does not apply")
    passed = sum(v.count for v in verdicts if v.outcome == "pass")
    total = sum(v.count for v in verdicts)
    text = str(total) if passed == total else f"{passed}/{total}"
    wrong = [f"{v.check}: {v.found}" for v in verdicts if v.outcome != "pass"][:6]
    about = f"{layer}: {passed} of {total} pass"
    return Cell(outcome, text, "\n".join([about, *wrong]))
