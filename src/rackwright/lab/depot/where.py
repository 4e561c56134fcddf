"""Which filling of the depot a lab serves: a link that is replaced in one step."""

from __future__ import annotations

import os
from pathlib import Path

from rackwright.lab.place import Place

PORT = 8480


def current(place: Place) -> Path:
    """The link to the folder that is served."""
    return place.dir / "depot"


def serve(place: Place, folder: Path) -> None:
    """From the next request on, serve this folder."""
    link = current(place)
    if link.is_symlink() and Path(os.readlink(link)) == folder:
        return
    temporary = link.with_name(".depot.new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(folder)
    os.replace(temporary, link)
