"""Programs and container images of a cluster's Kubernetes, served by the lab's depot beside its packages.

Programs lie below ``/artifacts/<table>-<architecture>/``; the images' registry is a process of its own.
``python -m rackwright.lab.depot.artifacts FOLDER ADDRESS SCRATCH`` becomes that registry.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rackwright.depot.place import here, this_arch
from rackwright.depot.record import load
from rackwright.depot.registry import PORT, serve
from rackwright.errors import WorldRefused
from rackwright.lab import daemons
from rackwright.lab.place import Place
from rackwright.locks import load_lock
from rackwright.models.spec import ClusterSpec

LINK = "artifacts"
"""In the lab's folder: a link to the depots."""
DAEMON = "registry"


def folder(spec: ClusterSpec) -> Path | None:
    """The filled depot of a cluster's Kubernetes; None where it has none, or takes packages.

    :raises WorldRefused: it is not filled.
    """
    row = load_lock(spec.lock).rows.get("kubernetes")
    if spec.kubernetes is None or row is None or row.artifacts is None:
        return None
    found = here().filled(row.artifacts, this_arch())
    if load(found) is None:
        raise WorldRefused(
            str(found),
            "serve Kubernetes",
            "no filled depot",
            f"run rackwright depot build {row.artifacts}: some ten minutes, once",
        )
    return found


def ensure(place: Place, found: Path | None, address: str) -> list[str]:
    """Serve them; the daemons that were started."""
    link = place.dir / LINK
    if found is None:
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
