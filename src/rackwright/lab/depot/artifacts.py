"""Programs and container images of a cluster's Kubernetes, served by the lab's depot beside its packages.

Programs lie below ``/artifacts/<table>-<architecture>/``; the images' registry is a process of its own.
``python -m rackwright.lab.depot.artifacts ADDRESS SCRATCH FOLDER...`` becomes that registry. Like packages,
they are those of the cluster's lock and of the locks that machines come to it from.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rackwright.depot.place import here, this_arch
from rackwright.depot.record import load
from rackwright.depot.registry import PORT, serve
from rackwright.depot.which import earlier
from rackwright.errors import WorldRefused
from rackwright.lab import daemons
from rackwright.lab.place import Place
from rackwright.locks import load_lock
from rackwright.models.spec import ClusterSpec

LINK = "artifacts"
"""In the lab's folder: a link to the depots."""
DAEMON = "registry"


def folders(spec: ClusterSpec) -> list[Path]:
    """The filled depots of a cluster's Kubernetes, newest first: the lock's, and of those before it what is
    there; none where the cluster has no Kubernetes, or takes packages.

    :raises WorldRefused: the lock's own is not filled.
    """
    row = load_lock(spec.lock).rows.get("kubernetes")
    if spec.kubernetes is None or row is None or row.artifacts is None:
        return []
    own = here().filled(row.artifacts, this_arch())
    if load(own) is None:
        raise WorldRefused(
            str(own),
            "serve Kubernetes",
            "no filled depot",
            f"run rackwright depot build {row.artifacts}: some ten minutes, once",
        )
    before = [here().filled(table, this_arch()) for table in earlier(spec.lock)]
    return [own, *(each for each in before if load(each))]


def ensure(place: Place, found: Sequence[Path], address: str) -> list[str]:
    """Serve them; the daemons that were started."""
    link = place.dir / LINK
    if not found:
        return []
    if not (link.is_symlink() and Path(os.readlink(link)) == found[0].parent):
        link.unlink(missing_ok=True)
        link.symlink_to(found[0].parent)
    arguments = [f"{address}:{PORT}", str(place.dir), *map(str, found)]
    text = f"{arguments}{[(each / 'depot.json').stat().st_ino for each in found]}"
    started = daemons.ensure(place, DAEMON, "rackwright.lab.depot.artifacts", arguments, text)
    return [DAEMON] if started else []


def main(address: str, scratch: str, *found: str) -> None:
    serve([Path(each) for each in found], address, Path(scratch))


if __name__ == "__main__":
    main(*sys.argv[1:])
