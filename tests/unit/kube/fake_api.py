"""An API server with a dictionary for a world: server-side apply, CRDs, deletion; faults can be switched on.

Field ownership is by leaf; lists are atomic. What the real one does beyond that, the tests with real
processes show.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
import urllib.parse
from typing import Any

from .fake_world import Conflict, Kind, World

Json = Any


class FakeApi:
    """Listens on 127.0.0.1; ``world`` is what it serves, ``log`` every request, ``times`` when.

    ``fault("409")`` (also ``429``, ``500``, ``cut``, ``slow``) hits the next requests; ``times`` says how
    many, ``method`` which.
    """

    def __init__(self) -> None:
        self.world = World()
        self.log: list[str] = []
        self.times: list[float] = []
        self.slow_seconds = 3.0
        self._faults: list[tuple[str, str]] = []
        self._lock = threading.RLock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                outer._serve(self)

            do_GET = do_PATCH = do_DELETE = do_POST = do_PUT = _serve

            def log_message(self, *_: object) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FakeApi:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def kubeconfig(self) -> str:
        """How to get in; the token is a canary that must turn up nowhere."""
        return json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": self.url}}],
                "users": [{"name": "u", "user": {"token": "canary-token"}}],
            }
        )

    def fault(self, kind: str, times: int = 1, method: str = "") -> None:
        self._faults += [(kind, method)] * times

    @property
    def writes(self) -> list[str]:
        """Requests that changed something, without dry runs."""
        return [line for line in self.log if not line.startswith("GET") and "dryRun" not in line]

    def _serve(self, request: http.server.BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        body = json.loads(request.rfile.read(length)) if length else None
        with self._lock:
            self.times.append(time.monotonic())
            self.log.append(f"{request.command} {request.path}")
            fault = next((f for f in self._faults if f[1] in ("", request.command)), None)
            if fault:
                self._faults.remove(fault)
        if fault and fault[0] == "cut":
            request.close_connection = True
            request.connection.close()
            return
        if fault and fault[0] == "slow":
            time.sleep(self.slow_seconds)
        headers: dict[str, str] = {}
        if fault and fault[0].isdigit():
            code, answer = int(fault[0]), _status(int(fault[0]), "Fault", "the fault is switched on")
            if code == 429:
                headers["Retry-After"] = "1"
        else:
            with self._lock:
                code, answer = self._answer(request, body)
        self._send(request, code, answer, headers)

    def _send(
        self, request: http.server.BaseHTTPRequestHandler, code: int, answer: Json, headers: dict
    ) -> None:
        data = json.dumps(answer).encode()
        try:
            request.send_response(code)
            for key, value in {"Content-Type": "application/json", **headers}.items():
                request.send_header(key, value)
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data)
        except OSError:  # who asked has gone
            request.close_connection = True

    def _answer(self, request: http.server.BaseHTTPRequestHandler, body: Json) -> tuple[int, Json]:
        parts = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        path = [urllib.parse.unquote(each) for each in parts.path.strip("/").split("/")]
        if path == ["version"]:
            return 200, {"gitVersion": "v1.37.2"}
        version, rest = (path[1], path[2:]) if path[0] == "api" else ("/".join(path[1:3]), path[3:])
        if path[0] == "apis" and len(path) == 2:
            return self.world.group(path[1])
        if not rest:
            return self.world.resources(version)
        namespace = None
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        kind = self.world.served(version, rest[0])
        if kind is None:
            return 404, "404 page not found"
        if len(rest) == 1:
            return self.world.listed(kind, query)
        return self._object(request.command, kind, namespace, rest[1], query, body)

    def _object(
        self, method: str, kind: Kind, namespace: str | None, name: str, query: dict[str, str], body: Json
    ) -> tuple[int, Json]:
        live = self.world.look(kind, namespace, name)
        if method == "GET":
            return (
                (200, live) if live else (404, _status(404, "NotFound", f'{kind.plural} "{name}" not found'))
            )
        if method == "DELETE":
            return self._delete(kind, namespace, name, live, body)
        if namespace and not self.world.look(self.world.kind("Namespace"), None, namespace):
            return 404, _status(404, "NotFound", f'namespaces "{namespace}" not found')
        try:
            made = self.world.apply(
                kind,
                body,
                query["fieldManager"],
                force=query.get("force") == "true",
                dry=query.get("dryRun") == "All",
            )
        except Conflict as conflict:
            return 409, conflict.status()
        except LookupError as error:
            return 409, _status(409, "Conflict", str(error))
        return (200 if live else 201), made

    def _delete(
        self, kind: Kind, namespace: str | None, name: str, live: Json, body: Json
    ) -> tuple[int, Json]:
        if live is None:
            return 404, _status(404, "NotFound", f'{kind.plural} "{name}" not found')
        if body["preconditions"]["uid"] != live["metadata"]["uid"]:
            return 409, _status(409, "Conflict", "the UID in the precondition does not match")
        self.world.begin_deletion(kind, namespace, name)
        return 200, live


def _status(code: int, reason: str, message: str) -> Json:
    return {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
