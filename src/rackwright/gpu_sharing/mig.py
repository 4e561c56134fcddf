"""MIG: which profiles a GPU model has, and whether a layout fits into its memory slices.

A GPU has eight memory slices and seven compute slices. A partition of a shape takes some of both and may
begin at certain memory slices only; that is why 3g and 4g fit together and three of 3g do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from rackwright.load.rows import Source
from rackwright.locks.named import named
from rackwright.models.strict import Strict
from rackwright.paths import home

SLICES = 8
COMPUTE = 7


class GpuProfiles(Strict):
    """Profiles of one GPU model: name to shape."""

    kind: Literal["gpu"]
    profiles: Mapping[str, str]
    source: Source


class Shape(Strict):
    """What a profile of this shape takes of a GPU."""

    kind: Literal["shape"]
    shape: str
    id: Annotated[int, Field(ge=0, le=64)]
    """NVML's profile of the GPU instance; it is a part of the device's name."""
    compute: Annotated[int, Field(ge=1, le=COMPUTE)]
    slices: Annotated[int, Field(ge=1, le=SLICES)]
    starts: list[int]
    most: Annotated[int, Field(ge=1, le=COMPUTE)]
    balanced: Annotated[int, Field(ge=0, le=COMPUTE)] = 0
    source: Source


@dataclass(frozen=True, slots=True)
class Partition:
    """A profile at one place of a GPU."""

    profile: str
    id: int
    start: int
    slices: int
    compute: int

    def device(self, minor: int) -> str:
        """Name of the device in a ResourceSlice. Dots may not stand in it (cmd/gpu-kubelet-plugin/mig.go).

        >>> Partition("1g.10gb+me", 20, 3, 1, 1).device(0)
        'gpu-0-mig-1g10gb-me-20-3'
        """
        name = self.profile.replace(".", "").replace("+", "-")
        return f"gpu-{minor}-mig-{name}-{self.id}-{self.start}"


_Row = Annotated[GpuProfiles | Shape, Field(discriminator="kind")]


def _rows() -> Mapping[str, GpuProfiles | Shape]:
    rows: Mapping[str, GpuProfiles | Shape] = named(home() / "catalog" / "mig.yaml", _Row)  # type: ignore[arg-type]
    return rows


def profiles(gpu: str) -> Mapping[str, Shape]:
    """Profile name to shape; empty for a GPU that has no MIG in the catalog.

    >>> profiles("h100-sxm-80gb")["3g.40gb"].starts
    [0, 4]
    """
    rows = _rows()
    shapes = {row.shape: row for row in rows.values() if isinstance(row, Shape)}
    row = rows.get(gpu)
    return {name: shapes[of] for name, of in row.profiles.items()} if isinstance(row, GpuProfiles) else {}


def expand(gpu: str, layout: Sequence[str]) -> tuple[str, ...] | None:
    """The profiles that a layout stands for, largest first; None when the model has no such profile.

    >>> expand("h100-sxm-80gb", ["all-balanced"])
    ('3g.40gb', '2g.20gb', '1g.10gb', '1g.10gb')
    """
    known = profiles(gpu)
    if list(layout) == ["all-balanced"]:
        wanted = [name for name, shape in known.items() for _ in range(shape.balanced)]
    elif len(layout) == 1 and layout[0].startswith("all-"):
        name = layout[0].removeprefix("all-")
        wanted = [name] * known[name].most if name in known else []
    else:
        wanted = list(layout)
    if not wanted or any(name not in known for name in wanted):
        return None
    return tuple(sorted(wanted, key=lambda name: (-known[name].slices, -known[name].compute, name)))


def place(gpu: str, wanted: Sequence[str]) -> tuple[Partition, ...] | None:
    """Places for all of them at once, in the order of slices; None when they do not fit.

    >>> [part.start for part in place("h100-sxm-80gb", ["4g.40gb", "2g.20gb", "1g.10gb"])]
    [0, 4, 6]
    >>> place("h100-sxm-80gb", ["3g.40gb"] * 3) is None
    True
    """
    known = profiles(gpu)
    if sum(known[name].compute for name in wanted) > COMPUTE:
        return None
    if any(list(wanted).count(name) > known[name].most for name in wanted):
        return None
    found = _place(known, list(wanted), frozenset())
    return tuple(sorted(found, key=lambda part: part.start)) if found is not None else None


def _place(known: Mapping[str, Shape], wanted: list[str], taken: frozenset[int]) -> list[Partition] | None:
    """Try each start in turn: at most seven partitions, so that this is quick."""
    if not wanted:
        return []
    name, rest = wanted[0], wanted[1:]
    shape = known[name]
    for start in shape.starts:
        here = frozenset(range(start, start + shape.slices))
        if here & taken:
            continue
        others = _place(known, rest, taken | here)
        if others is not None:
            return [Partition(name, shape.id, start, shape.slices, shape.compute), *others]
    return None


def every_place(gpu: str) -> tuple[Partition, ...]:
    """All that dynamic MIG may make of one GPU, by profile and start."""
    return tuple(
        Partition(name, shape.id, start, shape.slices, shape.compute)
        for name, shape in profiles(gpu).items()
        for start in shape.starts
    )
