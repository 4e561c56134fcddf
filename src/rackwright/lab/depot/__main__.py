"""``python -m rackwright.lab.depot LAB ADDRESS PORT``: serve the lab's depot until killed. Files only, read
only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.security import safe_join
from werkzeug.utils import send_file
from werkzeug.wrappers import Request

from rackwright.lab import netns
from rackwright.lab.depot.artifacts import LINK
from rackwright.lab.depot.where import current
from rackwright.lab.place import Place
from rackwright.lab.web import Server

PREFIX = f"{LINK}/"


def application(
    root: Callable[[], Path], artifacts: Callable[[], Path] | None = None
) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that serves the files below ``root()``, asked anew for each request; what lies below
    ``/artifacts/`` is that of ``artifacts()``."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        if request.method not in ("GET", "HEAD"):
            return MethodNotAllowed(["GET", "HEAD"])(environ, start_response)
        # apt asks for a name with its plus and tilde encoded; werkzeug has decoded the path.
        folder, asked = root().resolve(), request.path.lstrip("/")
        if artifacts is not None and asked.startswith(PREFIX):
            folder, asked = artifacts().resolve(), asked.removeprefix(PREFIX)
        name = safe_join(str(folder), asked)
        if name is None or not (path := Path(name)).is_file() or not path.resolve().is_relative_to(folder):
            return NotFound()(environ, start_response)
        response = send_file(path, environ, conditional=True, etag=True)
        return response(environ, start_response)

    return serve


def main(lab: str, address: str, port: int) -> None:
    place = Place(lab)
    Server(
        netns.listen_here(address, port), application(lambda: current(place), lambda: place.dir / LINK)
    ).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
