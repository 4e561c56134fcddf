"""Whether what a cluster's Kubernetes is made of is here: the depots that its host lock names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rackwright.depot.place import here
from rackwright.depot.record import load
from rackwright.depot.table import Arch
from rackwright.locks import load_lock
from rackwright.locks.lineage import lineage
from rackwright.locks.model import HostLock
from rackwright.models.spec import ClusterSpec

ROW = "kubernetes"
"""Row of a host lock whose table comes first; without one in it the cluster takes packages."""


def named(lock: HostLock) -> list[str]:
    """Tables that a lock's rows name, Kubernetes' first."""
    rows = sorted(lock.rows.items(), key=lambda item: (item[0] != ROW, item[0]))
    return list(dict.fromkeys(row.artifacts for _, row in rows if row.artifacts is not None))


def wanted(spec: ClusterSpec) -> list[str]:
    """The tables that a cluster's machines are served from; none where it has no Kubernetes, or packages."""
    lock = load_lock(spec.lock)
    row = lock.rows.get(ROW)
    return named(lock) if spec.kubernetes is not None and row is not None and row.artifacts else []


def folder(table: str, arch: Arch) -> Path | None:
    """A filled depot on this machine; None: it is not filled.

    :raises WorldRefused: its record cannot be read.
    """
    found = here().filled(table, arch)
    return found if load(found) is not None else None


def lacking(cluster: str, tables: Sequence[str], arches: Iterable[Arch]) -> str:
    """Which depots of a cluster are not filled and what fills them all, in one line; empty: they all are."""
    pairs = [(table, arch) for table in tables for arch in sorted(set(arches)) if not folder(table, arch)]
    if not pairs:
        return ""
    what = ", ".join(f"{table} for {arch}" for table, arch in pairs)
    short = dict.fromkeys(arch for _, arch in pairs)
    orders = " and ".join(f"rackwright depot build {cluster} --arch {arch}" for arch in short)
    return f"no filled depot of {what}; run {orders}: some ten minutes, once"


def earlier(lock: str) -> list[str]:
    """Tables of the locks that machines come from to this one, newest first, without its own."""
    own = named(load_lock(lock))
    found = [table for each in lineage(lock)[1:] for table in named(each)]
    return [table for table in dict.fromkeys(found) if table not in own]
