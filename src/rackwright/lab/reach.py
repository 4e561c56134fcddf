"""Whether the lab answers: switches by SSH, BMCs by TLS, the depot by HTTP; all asked at once, with one
deadline.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from rackwright.lab.depot.where import PORT
from rackwright.lab.progress import Advance
from rackwright.models.design import Design

BMC_PORT = 443
SSH_PORT = 22
ONCE_S = 2.0


def speaks_ssh(address: str, timeout: float = ONCE_S) -> bool:
    """An SSH server greets at this address."""
    try:
        with socket.create_connection((address, SSH_PORT), timeout=timeout) as connection:
            connection.settimeout(timeout)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def accepts(address: str, port: int, timeout: float = ONCE_S) -> bool:
    """Something accepts connections there."""
    try:
        with socket.create_connection((address, port), timeout=timeout):
            return True
    except OSError:
        return False


def probes(design: Design, switches: Iterable[str]) -> dict[str, Callable[[], bool]]:
    """What has to answer, by name."""
    wanted = set(switches)
    found: dict[str, Callable[[], bool]] = {}
    for switch in design.switches:
        if switch.name in wanted:
            found[switch.name] = lambda ip=switch.management.ip: speaks_ssh(ip)  # type: ignore[misc]
    for server in design.servers:
        found[f"{server.name} BMC"] = lambda ip=server.bmc.address.ip: accepts(ip, BMC_PORT)  # type: ignore[misc]
    found["depot"] = lambda: accepts(design.depot.ip, PORT)
    return found


def wait(wanted: dict[str, Callable[[], bool]], timeout: float, advance: Advance) -> list[str]:
    """Ask until all answer; the names of those that do not within ``timeout`` seconds."""
    end = time.monotonic() + timeout

    def until(item: tuple[str, Callable[[], bool]]) -> str | None:
        name, probe = item
        while not probe():
            if time.monotonic() > end:
                return name
            time.sleep(0.1)
        advance(1, name)
        return None

    with ThreadPoolExecutor(max_workers=max(1, min(32, len(wanted)))) as pool:
        return sorted(name for name in pool.map(until, wanted.items()) if name)
