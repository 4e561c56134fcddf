"""Partitions of AMD's GPUs: compute and memory modes that a model has, and how many parts each makes."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.load.rows import Source
from rackwright.locks.named import named
from rackwright.models.strict import Strict
from rackwright.paths import home


class Modes(Strict):
    """Modes of one GPU model: ``<compute>-<memory>`` to parts of a GPU."""

    modes: Mapping[str, int]
    source: Source


def modes(gpu: str) -> Mapping[str, int]:
    """Empty for a GPU that the table does not have.

    >>> modes("mi300x-192gb")["cpx-nps4"]
    8
    """
    row = named(home() / "catalog" / "amd-partitions.yaml", Modes).get(gpu)
    return row.modes if row else {}
