"""Power: by rack, row and site; what is not known is said and not guessed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rackwright.models.design import Design


@dataclass(frozen=True, slots=True)
class Power:
    """Sum of the known figures in watts, and the devices that have none."""

    known_w: int
    unknown: int
    """Devices without a public figure."""

    @property
    def known_kw(self) -> float:
        return round(self.known_w / 1000, 1)


@dataclass(frozen=True, slots=True)
class RowPower:
    """One row of racks."""

    row: str
    racks: int
    liquid_racks: int
    power: Power


def power(design: Design) -> Power:
    """The site: servers, switches and what an NVLink domain brings along. Transceivers draw from the device
    they are plugged into, whose figure is a maximum with them: they are not added again."""
    rows = row_power(design)
    return Power(sum(row.power.known_w for row in rows), sum(row.power.unknown for row in rows))


def row_power(design: Design) -> list[RowPower]:
    """Rows by name."""
    silent = {line.part for line in design.bom if line.power_w_each is None}
    row_of = {rack.name: rack.row for rack in design.racks}
    unknown: Counter[str] = Counter()
    for server in design.servers:
        if server.sku in silent:
            unknown[row_of[server.rack]] += 1
    for switch in design.switches:
        if switch.model in silent:
            unknown[row_of[switch.rack]] += 1
    racks: Counter[str] = Counter()
    wet: Counter[str] = Counter()
    watts: Counter[str] = Counter()
    for rack in design.racks:
        racks[rack.row] += 1
        wet[rack.row] += rack.liquid
        watts[rack.row] += rack.power_w or 0
    return [RowPower(row, racks[row], wet[row], Power(watts[row], unknown[row])) for row in sorted(racks)]
