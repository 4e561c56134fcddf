"""``python -m rackwright.lab.bmc LAB``: serve all BMCs of a lab until killed."""

from __future__ import annotations

import logging
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sushy_tools.emulator.main import RedfishAuthMiddleware

from rackwright.lab import netns
from rackwright.lab.bmc.driver import Chassis, current
from rackwright.lab.bmc.redfish import application
from rackwright.lab.bmc.settings import BmcSettings, Emulator, fault, folder
from rackwright.lab.place import Place
from rackwright.lab.web import Server

Start = Callable[..., Any]
LOG = logging.getLogger("rackwright.lab.bmc")


class Front:
    """What a request meets first: the BMC's faults, then its password, then Redfish."""

    def __init__(self, place: Place, bmc: BmcSettings, app: Any) -> None:  # noqa: ANN401 - WSGI
        self._place, self._server = place, bmc.server
        self._guarded = RedfishAuthMiddleware(app, str(folder(place) / bmc.server / "htpasswd"))

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        current.set(self._server)
        wrong = fault(self._place, self._server)
        if wrong.get("kind") == "slow":
            time.sleep(float(wrong["seconds"]))
        elif wrong.get("kind") == "failing":
            return _refuse(start_response, "503 Service Unavailable", "The service is starting up")
        elif wrong.get("kind") == "password" and environ.get("HTTP_AUTHORIZATION"):
            return _refuse(start_response, "401 Unauthorized", "Incorrect username or password")
        answer: Iterable[bytes] = self._guarded(environ, start_response)
        return answer


def _refuse(start_response: Start, status: str, words: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [f'{{"error": {{"code": "Base.1.0.GeneralError", "message": "{words}"}}}}'.encode()]


def _tls(place: Place, server: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder(place) / server / "tls.pem")
    return context


def _reap(*_: object) -> None:
    """Machines are our children while we live: collect those that have ended."""
    subprocess._cleanup()  # type: ignore[attr-defined]


def main(lab: str) -> None:
    """Listen in each BMC's namespace; one thread accepts for each."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    # Requests and inserted media are not logged: addresses of seeds are secret while they are valid.
    for name in ("werkzeug", "sushy_tools.emulator.main"):
        logging.getLogger(name).setLevel(logging.WARNING)
    place = Place(lab)
    settings = Emulator.read(folder(place) / "emulator.json")
    app = application(Chassis(place, {bmc.server: bmc for bmc in settings.bmcs}, Path(settings.cache)))
    threads = []
    for bmc in settings.bmcs:
        listening = netns.listener(place.bmc_netns(bmc.server), bmc.address, settings.port)
        server = Server(listening, Front(place, bmc, app), _tls(place, bmc.server))
        threads.append(threading.Thread(target=server.serve_forever, name=f"bmc {bmc.server}", daemon=True))
    signal.signal(signal.SIGCHLD, _reap)
    for thread in threads:
        thread.start()
    LOG.info("%d BMCs are up", len(threads))
    while True:
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1])
