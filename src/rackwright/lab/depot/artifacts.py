"""Programs and container images of a cluster's Kubernetes, served by the lab's depot beside its packages.

Programs lie below ``/artifacts/<table>-<architecture>/``; the images' registry is a process of its own.
``python -m rackwright.lab.depot.artifacts ADDRESS SCRATCH FOLDER...`` becomes that registry.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rackwright.depot.place import here, this_arch
from rackwright.depot.record import load
from rackwright.depot.registry import PORT, serve
from rackwright.depot.which import of_lock
from rackwright.errors import WorldRefused
from rackwright.lab import daemons
from rackwright.lab.place import Place
from rackwright.locks import load_lock
from rackwright.models.spec import ClusterSpec

LINK = "artifacts"
"""In the lab's folder: a link to the depots."""
DAEMON = "registry"


def folders(spec: ClusterSpec) -> list[Path]:
    """The filled depots of a cluster's Kubernetes; none where it has none, or takes packages.

    :raises WorldRefused: one is not filled.
    """
    lock = load_lock(spec.lock)
    row = lock.rows.get("kubernetes")
    if spec.kubernetes is None or row is None or row.artifacts is None:
        return []
    meant = of_lock(lock)
    found = [here().filled(table, this_arch()) for table in meant.tables if table not in meant.helms]
    for folder in found:
        if load(folder) is None:
            hint = f"run rackwright depot build {spec.cluster}: some ten minutes, once"
            raise WorldRefused(str(folder), "serve Kubernetes", "no filled depot", hint)
    return found


def ensure(place: Place, found: Sequence[Path], address: str) -> list[str]:
    """Serve them; the daemons that were started."""
    link = place.dir / LINK
    if not found:
        return []
    top = found[0].parent
    if not (link.is_symlink() and Path(os.readlink(link)) == top):
        link.unlink(missing_ok=True)
        link.symlink_to(top)
    arguments = [f"{address}:{PORT}", str(place.dir), *map(str, found)]
    text = f"{arguments}{[(folder / 'depot.json').stat().st_ino for folder in found]}"
    started = daemons.ensure(place, DAEMON, "rackwright.lab.depot.artifacts", arguments, text)
    return [DAEMON] if started else []


def main(address: str, scratch: str, *found: str) -> None:
    serve([Path(each) for each in found], address, Path(scratch))


if __name__ == "__main__":
    main(*sys.argv[1:])
