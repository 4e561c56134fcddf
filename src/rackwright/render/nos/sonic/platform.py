"""Platform: what SONiC says of a switch model: names, lanes and breakout modes of its cages, its buffer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field

from rackwright.load.catalog import tables
from rackwright.models.spec import Strict
from rackwright.models.tables import SwitchModel
from rackwright.paths import home

Asic = Literal["broadcom", "mellanox"]


class CageRow(Strict):
    """Like cages, in front-panel order."""

    count: Annotated[int, Field(ge=1, le=512)]
    speed_gbps: Annotated[int, Field(ge=1)]
    lanes: Annotated[int, Field(ge=1, le=16)]
    stride: Annotated[int, Field(ge=1)]
    first_lane: int | None = None
    first_lanes: list[int] | None = None


class PlatformRow(Strict):
    """One row of ``network-planes/nos/sonic/platforms.yaml``."""

    platform: str
    hwsku: str
    asic: Asic
    alias: str
    cages: list[CageRow]
    modes: dict[int, str]
    buffer_bytes: int | None
    lossless_at: list[int]
    source: str


@dataclass(frozen=True, slots=True)
class Cage:
    """One cage: its number from 1, the number in its first port's name, its lanes in order."""

    number: int
    first: int
    lanes: tuple[int, ...]
    speed_gbps: int


@dataclass(frozen=True, slots=True)
class Platform:
    """A switch model as SONiC sees it."""

    name: str | None
    """SONiC's platform, e.g. ``x86_64-nvidia_sn5600-r0``; None where it is not public."""
    hwsku: str | None
    asic: Asic
    alias: str
    cages: dict[int, Cage]
    """By the number in a port's name, each lane's."""
    modes: dict[int, str]
    buffer_bytes: int | None
    lossless_at: tuple[int, ...]
    """Cable lengths that its headroom table knows; empty: any."""
    splits: tuple[int, ...]

    def mode(self, cage: Cage, ways: int) -> str:
        """Name of a breakout mode."""
        return self.modes.get(ways) or f"{ways}x{cage.speed_gbps // ways}G"


def number_of(port: str) -> int:
    """The number in a port's name.

    >>> number_of("Ethernet52")
    52
    """
    return int(port.removeprefix("Ethernet"))


def platform_of(model: str) -> Platform:
    """Of a row of ``catalog/switches.yaml``; read once."""
    return _platform_of(model, home())


@lru_cache(maxsize=64)
def _platform_of(model: str, root: Path) -> Platform:
    switch = tables(root).switches[model]
    row = rows(root).get(model)
    if row is None:
        return _unknown(switch)
    cages = _cages(row.cages)
    return Platform(
        row.platform,
        row.hwsku,
        row.asic,
        row.alias,
        cages,
        row.modes,
        row.buffer_bytes,
        tuple(row.lossless_at),
        (1, *switch.splits),
    )


def rows(root: Path) -> dict[str, PlatformRow]:
    """The file, checked.

    :raises pydantic.ValidationError: when a row is wrong; the file is ours and tests read it.
    """
    raw = yaml.safe_load((root / "network-planes/nos/sonic/platforms.yaml").read_text())
    return {name: PlatformRow.model_validate(row) for name, row in raw.items()}


def _unknown(switch: SwitchModel) -> Platform:
    """A model whose SONiC platform is not public: lanes in order, no platform and no hardware SKU."""
    kinds = [
        CageRow(count=switch.ports, speed_gbps=switch.speed_gbps, lanes=switch.lanes, stride=8, first_lane=1)
    ]
    if switch.uplinks and switch.uplink_speed_gbps:
        first = 1 + 8 * switch.ports
        kinds.append(
            CageRow(
                count=switch.uplinks,
                speed_gbps=switch.uplink_speed_gbps,
                lanes=4,
                stride=8,
                first_lane=first,
            )
        )
    asic: Asic = "mellanox" if "spectrum" in (switch.asic or "").lower() else "broadcom"
    return Platform(None, None, asic, "Eth", _cages(kinds), {}, switch.buffer_bytes, (), (1, *switch.splits))


def _cages(kinds: list[CageRow]) -> dict[int, Cage]:
    found: dict[int, Cage] = {}
    name, number = 0, 0
    for kind in kinds:
        for index in range(kind.count):
            start = kind.first_lanes[index] if kind.first_lanes else (kind.first_lane or 0)
            start += 0 if kind.first_lanes else index * kind.stride
            number += 1
            cage = Cage(number, name, tuple(range(start, start + kind.lanes)), kind.speed_gbps)
            found |= dict.fromkeys(range(name, name + kind.lanes), cage)
            name += kind.lanes
    return found
