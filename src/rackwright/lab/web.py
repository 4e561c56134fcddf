"""A threaded WSGI server on a socket that is listening already; TLS is negotiated in the request's own
thread.

werkzeug's own server does the handshake while accepting, so that one client that connects and stays silent
would stop all others.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

TIMEOUT_S = 60


class Handler(WSGIRequestHandler):
    """HTTP/1.1 with a deadline on every read; says nothing of itself and logs errors only."""

    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT_S
    server_version = "rackwright-lab"
    sys_version = ""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Paths may hold one-time addresses: they are not logged."""


class Server(ThreadedWSGIServer):
    """Serves ``app`` on ``listening``."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, listening: socket.socket, app: Callable[..., Any], tls: ssl.SSLContext | None = None
    ) -> None:
        host, port = listening.getsockname()[:2]
        super().__init__(host, port, app, handler=Handler, fd=listening.detach())
        self._tls = tls

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class
        request.settimeout(TIMEOUT_S)
        if self._tls is not None:
            try:
                request = self._tls.wrap_socket(request, server_side=True)
            except OSError:  # a port scan, or a client that does not trust us: its own log says so
                with contextlib.suppress(OSError):
                    request.close()
                return
        super().process_request_thread(request, client_address)
