"""Programs and container images of a cluster's Kubernetes, served by the lab's depot beside its packages.

Programs lie below ``/artifacts/<table>-<architecture>/``; the images' registry is a process of its own. A
depot that is not filled is no fault of the lab: it comes up without, and a later ``lab up`` serves what was
filled since.
``python -m rackwright.lab.depot.artifacts FOLDER ADDRESS SCRATCH`` becomes that registry.
"""

from __future__ import annotations

import os
import sys
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


def folder(spec: ClusterSpec) -> Path | None:
    """The filled depot of a cluster's Kubernetes; None: there is none to serve, or it is not filled."""
    table = filled.wanted(spec)
    return filled.folder(table, this_arch()) if table else None


def lacking(spec: ClusterSpec) -> str:
    """Why a cluster's Kubernetes is not served, in one line; empty where it is, or there is none to serve."""
    table = filled.wanted(spec)
    return filled.lacking(table, [this_arch()]) if table else ""


def ensure(place: Place, found: Path | None, address: str) -> list[str]:
    """Serve them, or nothing where there is no depot; the daemons that were started."""
    link = place.dir / LINK
    if found is None:
        link.unlink(missing_ok=True)
        daemons.stop(place, DAEMON)
        return []
    if not (link.is_symlink() and Path(os.readlink(link)) == found.parent):
        link.unlink(missing_ok=True)
        link.symlink_to(found.parent)
    arguments = [str(found), f"{address}:{PORT}", str(place.dir)]
    text = f"{arguments}{(found / 'depot.json').stat().st_ino}"
    started = daemons.ensure(place, DAEMON, "rackwright.lab.depot.artifacts", arguments, text)
    return [DAEMON] if started else []


def main(found: str, address: str, scratch: str) -> None:
    serve(Path(found), address, Path(scratch))


if __name__ == "__main__":
    main(*sys.argv[1:4])
