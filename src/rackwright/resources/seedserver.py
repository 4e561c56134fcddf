"""Serves seed discs to BMCs: on the management address only, at a path nobody can guess, only while booting.

A disc holds a host's private SSH key, hence the token in the path, no directory, no log line, and no server
at all when nothing boots.
"""

from __future__ import annotations

import http.server
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_RANGE = re.compile(r"^bytes=(\d+)-(\d*)$")
_lock = threading.Lock()
_servers: dict[str, _Server] = {}


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str) -> None:
        self.discs: dict[str, bytes] = {}
        super().__init__((address, 0), _Handler)
        threading.Thread(target=self.serve_forever, name="seeds", daemon=True).start()


class _Handler(http.server.BaseHTTPRequestHandler):
    """GET and HEAD of one path per disc. BMCs that stream virtual media read it in ranges."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        disc = self.server.discs.get(self.path)
        if disc is None:
            self.send_error(404)
            return
        part, status = disc, 200
        asked = _RANGE.match(self.headers.get("Range", ""))
        if asked:
            first, last = int(asked[1]), int(asked[2] or len(disc) - 1)
            part, status = disc[first : last + 1], 206
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(disc)}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", "application/x-iso9660-image")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if body:
            self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the path is the key."""


@contextmanager
def published(address: str, disc: bytes) -> Iterator[str]:
    """The disc's URL, valid inside the ``with``.

    :raises OSError: ``address`` is not one of this machine's.
    """
    path = f"/{secrets.token_urlsafe(32)}.iso"
    with _lock:
        server = _servers.get(address) or _servers.setdefault(address, _Server(address))
        server.discs[path] = disc
    try:
        yield f"http://{address}:{server.server_address[1]}{path}"
    finally:
        with _lock:
            del server.discs[path]
            if not server.discs:
                del _servers[address]
                threading.Thread(target=_close, args=(server,), daemon=True).start()


def _close(server: _Server) -> None:
    server.shutdown()
    server.server_close()
