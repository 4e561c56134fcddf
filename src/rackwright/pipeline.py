"""The stages of rackwright, in order. Start reading here.

load -> design -> render touch nothing and need no privileges; each takes one frozen model and returns
another. provision, configure and verify act on the world and live in :mod:`rackwright.up`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rackwright.design.build import design
from rackwright.load.cluster import read
from rackwright.models.choice import Choice
from rackwright.models.design import Design
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables
from rackwright.render.build import Files, render


@dataclass(frozen=True, slots=True)
class Planned:
    """What the pure stages give for one cluster."""

    path: Path
    """The cluster file."""
    spec: ClusterSpec
    design: Design
    tables: Tables
    """The facts that it was designed with."""
    choices: tuple[Choice, ...] = ()
    """What the cluster file leaves out and load filled in."""


def plan(cluster: str) -> Planned:
    """Load and design a cluster, given its name or a path.

    :raises BadInput: every mistake at once.
    """
    loaded = read(cluster)
    designed = design(loaded.spec, loaded.tables)
    return Planned(loaded.path, loaded.spec, designed, loaded.tables, loaded.choices)


def files(planned: Planned) -> Files:
    """Everything that is rendered for the cluster."""
    return render(planned.design)
