"""Programs and container images of a cluster's Kubernetes, served by the lab's depot beside its packages.

Programs lie below ``/artifacts/<table>-<architecture>/``; the images' registry is a process of its own. A
depot that is not filled is no fault of the lab: it comes up without, and a later ``lab up`` serves what was
filled since. Like packages, they are those of the cluster's lock and of the locks that machines
come to it from.
``python -m rackwright.lab.depot.artifacts ADDRESS SCRATCH FOLDER...`` becomes that registry.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rackwright.depot import filled
from rackwright.depot.place import this_arch
from rackwright.depot.registry import PORT, serve
from rackwright.lab import daemons
from rackwright.lab.place import Place
from rackwright.models.spec import ClusterSpec

LINK = "artifacts"
"""In the lab's folder: a link to the depots."""
DAEMON = "registry"


def folders(spec: ClusterSpec) -> list[Path]:
    """The filled depots of a cluster's Kubernetes: all of its lock's, and of the locks before it those that
    are there. Empty: there are none to serve, or one of the lock's own is not filled.
    """
    tables = filled.wanted(spec)
    own = _folders(tables)
    return [*own, *_folders(filled.earlier(spec.lock))] if own and len(own) == len(tables) else []


def lacking(spec: ClusterSpec) -> str:
    """Why a cluster's Kubernetes is not served, in one line; empty where it is, or there is none to serve."""
    return filled.lacking(spec.cluster, filled.wanted(spec), [this_arch()])


def ensure(place: Place, found: Sequence[Path], address: str) -> list[str]:
    """Serve them, or nothing where there is no depot; the daemons that were started."""
    link = place.dir / LINK
    if not found:
        link.unlink(missing_ok=True)
        daemons.stop(place, DAEMON)
        return []
    top = found[0].parent
    if not (link.is_symlink() and Path(os.readlink(link)) == top):
        link.unlink(missing_ok=True)
        link.symlink_to(top)
    arguments = [f"{address}:{PORT}", str(place.dir), *map(str, found)]
    text = f"{arguments}{[(folder / 'depot.json').stat().st_ino for folder in found]}"
    started = daemons.ensure(place, DAEMON, "rackwright.lab.depot.artifacts", arguments, text)
    return [DAEMON] if started else []


def _folders(tables: Sequence[str]) -> list[Path]:
    return [folder for table in tables if (folder := filled.folder(table, this_arch()))]


def main(address: str, scratch: str, *found: str) -> None:
    serve([Path(each) for each in found], address, Path(scratch))


if __name__ == "__main__":
    main(*sys.argv[1:])
