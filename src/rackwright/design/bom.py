"""Bill of materials: what has to be bought, with spares, and what we do not know about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rackwright.design.cables import Cabling, Item
from rackwright.models.design import BomLine, Server, Switch
from rackwright.models.tables import CableModel, FibreModel, ModuleModel, Tables


def spares(quantity: int, percent: int) -> int:
    """Rounded up, so that whatever is in use has at least one spare.

    >>> spares(1, 2), spares(150, 2), spares(0, 2), spares(10, 0)
    (1, 3, 0, 0)
    """
    return -(-quantity * percent // 100)


def bill(
    servers: Iterable[Server], switches: Iterable[Switch], cabling: Cabling, tables: Tables, percent: int
) -> tuple[tuple[BomLine, ...], tuple[str, ...]]:
    """(lines, what no public source gives). ``percent``: spare switches, cables, transceivers and fibre."""
    lines: list[BomLine] = []
    unknown: list[str] = []
    for sku, count in sorted(Counter(server.sku for server in servers).items()):
        row = tables.servers[sku]
        gpus = f"{row.gpus} x {tables.gpus[row.gpu].product}" if row.gpu else "no GPU"
        text = f"{row.vendor} server, {row.rack_units}U, {gpus}"
        lines.append(BomLine(sku, text, count, row.power_w, row.source, kind="server"))
        unknown += _figures(sku, row.power_w, row.weight_kg)
    for model, count in sorted(Counter(switch.model for switch in switches).items()):
        switch = tables.switches[model]
        text = f"{switch.vendor} switch, {switch.ports} x {switch.speed_gbps}G, {switch.rack_units}U"
        spare = spares(count, percent)
        lines.append(BomLine(model, text, count, switch.power_w, switch.source, spare, "switch"))
        unknown += _figures(model, switch.power_w, switch.weight_kg)
    return tuple(lines + _parts(cabling, percent)), tuple(unknown + _missing(cabling))


def _figures(name: str, power_w: int | None, weight_kg: int | None) -> list[str]:
    """What the catalog does not know of a model."""
    lacks = [what for what, figure in (("power", power_w), ("weight", weight_kg)) if figure is None]
    return [f"{what} of {name}: no public figure in the catalog" for what in lacks]


_KINDS = ("cable", "breakout", "transceiver", "fibre")


def _parts(cabling: Cabling, percent: int) -> list[BomLine]:
    """Cables, transceivers and fibre. One order number may serve several speeds: it is one line."""
    counted: Counter[tuple[int, str]] = Counter()
    rows: dict[tuple[int, str], Item] = {}
    speeds: dict[tuple[int, str], set[int]] = {}
    for (part, row), count in cabling.bought.items():
        key = _KINDS.index(_kind(row)), part
        counted[key] += count
        rows.setdefault(key, row)
        if not isinstance(row, FibreModel):
            speeds.setdefault(key, set()).add(row.speed_gbps)
    lines = []
    for (kind, part), count in sorted(counted.items()):
        row = rows[kind, part]
        text = row.description
        if speeds.get((kind, part)):
            text += ", " + " and ".join(f"{speed}G" for speed in sorted(speeds[kind, part])) + " links"
        spare = spares(count, percent)
        watts = row.power_w if isinstance(row, ModuleModel) else None
        lines.append(BomLine(part, text, count, watts, row.source, spare, _KINDS[kind]))
    return lines


def _kind(row: Item) -> str:
    if isinstance(row, CableModel):
        return "cable" if row.ways == 1 else "breakout"
    return "fibre" if isinstance(row, FibreModel) else "transceiver"


def _missing(cabling: Cabling) -> list[str]:
    said = []
    for (speed, known), count in sorted(cabling.unknown.items()):
        why = (
            "no part in the catalog is long enough and fits both cages"
            if known
            else "the far end's place is not known"
        )
        said.append(f"{count} cables of {speed}G: {why}")
    return said
