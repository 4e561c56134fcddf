"""Faults of servers and their BMCs: slow, failing, another password, no power, driver and library out of
step.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rackwright.atomic import write
from rackwright.lab import hardware, machine
from rackwright.lab.bmc import boot
from rackwright.lab.bmc.settings import Memory, faults_file, folder
from rackwright.lab.faults import record
from rackwright.lab.faults.kind import Kind, Places, first_gpu_server, one, server_named
from rackwright.lab.faults.record import Fault
from rackwright.lab.world import World

SLOW_S = 30
"""Longer than any client should wait for one answer."""
OTHER_DRIVER = "575.57.08"
"""Another released driver version, for the module that stayed loaded.
Source: https://docs.nvidia.com/datacenter/tesla/ (R575 release notes)"""


def _server(world: World, places: Places) -> str:
    return server_named(world, one(places, first_gpu_server(world), "SERVER"))


def _bmc_kind(name: str, setting: dict[str, Any], words: str, help_text: str) -> Kind:
    """A fault that is a setting of the emulated BMC."""

    def plan(world: World, places: Places) -> Fault:
        server = _server(world, places)
        heals = f"rackwright lab fault CLUSTER {name} --clear"
        return Fault(name, server, f"the BMC of {server} {words}", heals, {"server": server})

    def begin(world: World, fault: Fault) -> None:
        write(faults_file(world.place, fault.data["server"]), json.dumps(setting) + "\n")

    def clear(world: World, fault: Fault) -> None:
        faults_file(world.place, fault.data["server"]).unlink(missing_ok=True)

    return Kind(name, f"{help_text}: --place SERVER.", plan, begin, clear)


def _power_kind(name: str, dead: bool, words: str, heals: str) -> Kind:
    """A server without power; ``dead``: it cannot be given any until the fault is cleared."""

    def plan(world: World, places: Places) -> Fault:
        server = _server(world, places)
        was_on = machine.on(world.place, server)
        return Fault(name, server, f"{server} {words}", heals, {"server": server, "was_on": was_on})

    def begin(world: World, fault: Fault) -> None:
        server = fault.data["server"]
        if dead:
            write(faults_file(world.place, server), json.dumps({"kind": "dead"}) + "\n")
        machine.power_off(world.place, server)

    def clear(world: World, fault: Fault) -> None:
        server = fault.data["server"]
        if dead:
            faults_file(world.place, server).unlink(missing_ok=True)
        if fault.data["was_on"] and not machine.on(world.place, server):
            bmc = next(bmc for bmc in world.bmcs() if bmc.server == server)
            memory = Memory.load(folder(world.place) / server / "memory.json")
            boot.boot(world.place, bmc, memory, Path(world.cache))

    return Kind(name, f"{server_help(dead)}: --place SERVER.", plan, begin, clear)


def server_help(dead: bool) -> str:
    return (
        "A server is dead and cannot be powered on" if dead else "A server lost power; it can be powered on"
    )


def _plan_skew(world: World, places: Places) -> Fault:
    server = _server(world, places)
    return Fault(
        "version-skew",
        server,
        f"the NVIDIA module loaded on {server} is {OTHER_DRIVER}, its libraries are another version",
        "rackwright lab fault CLUSTER version-skew --clear (on metal: load the module that is installed)",
        {"server": server, "hardware": {"version_skew": {"module": OTHER_DRIVER}}},
    )


def _rewrite(faults: Callable[[World, Fault], list[Fault]]) -> Callable[[World, Fault], None]:
    """Write the hardware record anew with the given faults in it."""

    def work(world: World, fault: Fault) -> None:
        name = fault.data["server"]
        server = next(server for server in world.design.servers if server.name == name)
        wrong = record.hardware(faults(world, fault), name)
        hardware.place_record(world.place, world.wiring, server, wrong)

    return work


KINDS = (
    _bmc_kind(
        "bmc-slow",
        {"kind": "slow", "seconds": SLOW_S},
        f"answers after {SLOW_S} s",
        f"A BMC takes {SLOW_S} s for each answer",
    ),
    _bmc_kind(
        "bmc-failing",
        {"kind": "failing"},
        "answers 503 to everything",
        "A BMC answers 503 to everything",
    ),
    _bmc_kind(
        "bmc-password",
        {"kind": "password"},
        "refuses the password",
        "A BMC refuses the password",
    ),
    _power_kind(
        "server-dead",
        True,
        "has no power, and its BMC cannot power it on",
        "rackwright lab fault CLUSTER server-dead --clear",
    ),
    _power_kind(
        "power-cut",
        False,
        "has no power",
        "rackwright up powers it on; so does rackwright lab fault CLUSTER power-cut --clear",
    ),
    Kind(
        "version-skew",
        "The loaded driver module and its libraries differ: --place SERVER.",
        _plan_skew,
        _rewrite(lambda world, fault: [*record.active(world.place), fault]),
        _rewrite(lambda world, fault: [each for each in record.active(world.place) if each != fault]),
    ),
)
