"""Whether what a cluster's Kubernetes is made of is here: the depots that its host lock names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rackwright.depot.place import here
from rackwright.depot.record import load
from rackwright.depot.table import Arch
from rackwright.locks import load_lock
from rackwright.models.spec import ClusterSpec


def wanted(spec: ClusterSpec) -> str | None:
    """The table of a cluster's Kubernetes; None where it has none, or its lock takes packages."""
    row = load_lock(spec.lock).rows.get("kubernetes")
    return row.artifacts if spec.kubernetes is not None and row is not None else None


def folder(table: str, arch: Arch) -> Path | None:
    """A filled depot on this machine; None: it is not filled.

    :raises WorldRefused: its record cannot be read.
    """
    found = here().filled(table, arch)
    return found if load(found) is not None else None


def lacking(table: str, arches: Iterable[Arch]) -> str:
    """Which of a table's depots are not filled and what fills them, in one line; empty: they all are."""
    missing = [arch for arch in sorted(set(arches)) if folder(table, arch) is None]
    if not missing:
        return ""
    orders = [f"rackwright depot build {table} --arch {arch}" for arch in missing]
    what = f"no filled depot of {table} for {', '.join(missing)}"
    return f"{what}; run {' and '.join(orders)}: some ten minutes, once"
