"""Network namespaces: one for each machine and each BMC."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from rackwright.errors import WorldRefused
from rackwright.lab.command import HERE, run

T = TypeVar("T")
RUN = Path("/run/netns")
CLONE_NEWNET = 0x40000000


def existing(prefix: str) -> set[str]:
    """Names of the namespaces that begin with ``prefix``."""
    return {path.name for path in RUN.iterdir() if path.name.startswith(prefix)} if RUN.is_dir() else set()


def usable(name: str) -> bool:
    """A name may be left without its namespace after a restart of the machine, or a kill at the wrong
    moment.
    """
    return name in existing(name) and os.stat(RUN / name).st_dev != os.stat(RUN).st_dev


def make(names: Iterable[str]) -> None:
    """Make those that are missing, with their loopback up."""
    wanted = [name for name in names if not usable(name)]
    for name in wanted:
        if (RUN / name).exists():
            (RUN / name).unlink()
    if wanted:
        run(
            ["ip", "-batch", "-"],
            "make network namespaces",
            text="".join(f"netns add {name}\n" for name in wanted),
        )
    for name in wanted:
        run(["ip", "-n", name, "link", "set", "lo", "up"], f"bring up loopback of {name}")


def remove(prefix: str, timeout: float = 60) -> None:
    """Remove all with this prefix and wait until the kernel has let go of their interfaces."""
    names = existing(prefix)
    for name in names:
        if usable(name):
            # Interfaces first: a namespace that something still holds would keep its veth ends alive.
            run(["ip", "netns", "del", name], f"remove network namespace {name}", timeout=timeout)
        else:
            (RUN / name).unlink(missing_ok=True)


def links(name: str | None) -> dict[str, dict[str, object]]:
    """The interfaces of a namespace (None: the root's) by name, as iproute2 describes them."""
    where = ["-n", name] if name else []
    answer = run(["ip", *where, "-json", "-details", "link"], f"list the interfaces of {name or 'the root'}")
    return {str(entry["ifname"]): entry for entry in json.loads(answer or "[]") if entry}


def inside(name: str, work: Callable[[], T]) -> T:
    """Run ``work`` in a thread that has entered the namespace; sockets that it makes stay there.

    Only the thread enters: the rest of the process stays where it is.
    """
    result: list[T] = []
    problem: list[BaseException] = []

    def body() -> None:
        try:
            with open(RUN / name, "rb") as handle:
                if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"cannot enter network namespace {name}")
            result.append(work())
        except BaseException as caught:  # noqa: BLE001 - handed to the caller below
            problem.append(caught)

    thread = threading.Thread(target=body, name=f"in {name}")
    thread.start()
    thread.join()
    if problem:
        raise problem[0]
    return result[0]


def listen_here(address: str, port: int) -> socket.socket:
    """A TCP socket that listens in the namespace of the thread that asks."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # The address may still be on its way: a BMC listens as soon as it has power.
    listening.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_FREEBIND", 15), 1)
    listening.bind((address, port))
    listening.listen(64)
    return listening


def listener(name: str, address: str, port: int) -> socket.socket:
    """A TCP socket that listens in the namespace."""
    return inside(name, lambda: listen_here(address, port))


def wait_gone(interface: str, timeout: float = 10) -> None:
    """Wait until the kernel has taken an interface of the root namespace away."""
    deadline = time.monotonic() + timeout
    while Path(f"/sys/class/net/{interface}").exists():
        if time.monotonic() > deadline:
            raise WorldRefused(HERE, f"remove interface {interface}", "it is still there")
        time.sleep(0.02)
