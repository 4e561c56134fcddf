"""A web server with faults that can be switched on."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """Gives ``files`` by path; hangs up after ``cut`` bytes; lets ``drip`` seconds pass between bytes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut, self.drip, self.status = 0, 0.0, 200
        self.requests: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                start = int((self.headers.get("Range") or "bytes=0-")[6:].split("-")[0])
                server.requests.append(f"{self.path}@{start}")
                content = server.files.get(self.path)
                if server.status != 200 or content is None:
                    self.send_error(server.status if server.status != 200 else 404)
                    return
                body = content[start:]
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    if server.drip:
                        for byte in body:
                            self.wfile.write(bytes([byte]))
                            time.sleep(server.drip)
                    else:
                        self.wfile.write(body[: server.cut] if server.cut else body)
                except OSError:
                    pass  # the client has had enough

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
