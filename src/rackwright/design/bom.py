"""Bill of materials: what has to be bought, and what we do not know about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rackwright.models.design import BomLine, Cable, Server, Switch
from rackwright.models.tables import Tables


def bill(
    servers: Iterable[Server], switches: Iterable[Switch], cables: Iterable[Cable], tables: Tables
) -> tuple[tuple[BomLine, ...], tuple[str, ...]]:
    """(lines, figures that no public source gives)."""
    lines: list[BomLine] = []
    unknown: list[str] = []
    for sku, count in sorted(Counter(server.sku for server in servers).items()):
        row = tables.servers[sku]
        gpus = f"{row.gpus} x {tables.gpus[row.gpu].product}" if row.gpu else "no GPU"
        text = f"{row.vendor} server, {row.rack_units}U, {gpus}"
        lines.append(BomLine(sku, text, count, row.power_w, row.source))
        if row.power_w is None:
            unknown.append(f"power of {sku}: no public figure in the catalog")
    for model, count in sorted(Counter(switch.model for switch in switches).items()):
        switch = tables.switches[model]
        text = f"{switch.vendor} switch, {switch.ports} x {switch.speed_gbps}G, {switch.rack_units}U"
        lines.append(BomLine(model, text, count, switch.power_w, switch.source))
        if switch.power_w is None:
            unknown.append(f"power of {model}: no public figure in the catalog")
    return tuple(lines + _cables(cables, tables, unknown)), tuple(unknown)


def _cables(cables: Iterable[Cable], tables: Tables, unknown: list[str]) -> list[BomLine]:
    models = {(row.part, row.speed_gbps): row for row in tables.cables}
    counted = Counter((cable.part, cable.speed_gbps) for cable in cables)
    lines = []
    for (part, speed), count in sorted(counted.items(), key=lambda item: (item[0][0] or "~", item[0][1])):
        row = models.get((part or "", speed))
        if row is None:
            unknown.append(
                f"{count} cables of {speed}G: no part in the catalog, or the far end's place is not known"
            )
            continue
        lines.append(BomLine(row.part, f"{row.description}, {speed}G links", count, None, row.source))
    return lines
