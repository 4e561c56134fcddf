"""Faults of a server that show at a reboot or when it is asked: never back, back with a GPU less, hung."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

from rackwright.atomic import write
from rackwright.lab import cgroups, hardware, machine
from rackwright.lab.bmc import boot
from rackwright.lab.bmc.settings import Memory, folder
from rackwright.lab.faults import record
from rackwright.lab.faults.kind import Kind, Places, first_gpu_server, one, server_named
from rackwright.lab.faults.record import Fault
from rackwright.lab.world import World

LOST = 7
"""The GPU that is not there any more."""


def _server(world: World, places: Places) -> str:
    return server_named(world, one(places, first_gpu_server(world), "SERVER"))


def _plan_stuck(world: World, places: Places) -> Fault:
    server = _server(world, places)
    return Fault(
        "reboot-never-returns",
        server,
        f"the next reboot of {server} ends in its firmware",
        "rackwright lab fault CLUSTER reboot-never-returns --clear (on metal: power it off and on)",
        {"server": server},
    )


def _stuck(world: World, fault: Fault) -> Path:
    return world.place.machine(fault.data["server"]) / machine.STUCK


def _unstick(world: World, fault: Fault) -> None:
    """Take the cause away; a server that is in its firmware gets its power cut and boots from its disk."""
    server, place = fault.data["server"], world.place
    _stuck(world, fault).unlink(missing_ok=True)
    if machine.on(place, server) and machine.leader(place, server) is None:
        machine.power_off(place, server)
        bmc = next(bmc for bmc in world.bmcs() if bmc.server == server)
        boot.boot(place, bmc, Memory.load(folder(place) / server / "memory.json"), Path(world.cache))


def _plan_lost(world: World, places: Places) -> Fault:
    server = _server(world, places)
    return Fault(
        "gpu-gone-at-reboot",
        server,
        f"GPU {LOST} of {server} is not there any more after its next reboot",
        "rackwright lab fault CLUSTER gpu-gone-at-reboot --clear (on metal: replace the GPU)",
        {"server": server},
    )


def _record(world: World, fault: Fault, more: dict[str, object]) -> str:
    """The server's hardware record with the other faults of the lab and ``more``."""
    name = fault.data["server"]
    server = next(server for server in world.design.servers if server.name == name)
    others = [each for each in record.active(world.place) if each != fault]
    wrong = record.hardware(others, name) | more
    return json.dumps({**hardware.record(world.wiring, server), "faults": wrong}, indent=1, sort_keys=True)


def _lose(world: World, fault: Fault) -> None:
    path = world.place.machine(fault.data["server"]) / machine.CHANGED_HARDWARE
    write(path, _record(world, fault, {"gpu_missing": [LOST]}) + "\n")


def _find(world: World, fault: Fault) -> None:
    (world.place.machine(fault.data["server"]) / machine.CHANGED_HARDWARE).unlink(missing_ok=True)
    path = hardware.folder(world.place, fault.data["server"]) / "record.json"
    write(path, _record(world, fault, {}) + "\n")


def _plan_hung(world: World, places: Places) -> Fault:
    server = _server(world, places)
    return Fault(
        "hung-host",
        server,
        f"no process of {server} runs: its kernel still takes TCP connections, and nobody answers them",
        "rackwright lab fault CLUSTER hung-host --clear (on metal: power it off and on)",
        {"server": server},
    )


def _signal(number: signal.Signals) -> Callable[[World, Fault], None]:
    def act(world: World, fault: Fault) -> None:
        group = f"{world.place.cgroup}/{fault.data['server']}"
        for pid in sorted(cgroups.pids(group)):
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                os.kill(pid, number)

    return act


KINDS = (
    Kind(
        "reboot-never-returns",
        "The next reboot of a server ends in its firmware: --place SERVER.",
        _plan_stuck,
        lambda world, fault: write(_stuck(world, fault), ""),
        _unstick,
    ),
    Kind(
        "gpu-gone-at-reboot",
        f"A server comes back from its next reboot without GPU {LOST}: --place SERVER.",
        _plan_lost,
        _lose,
        _find,
    ),
    Kind(
        "hung-host",
        "A server takes TCP connections and answers nothing: --place SERVER.",
        _plan_hung,
        _signal(signal.SIGSTOP),
        _signal(signal.SIGCONT),
    ),
)
