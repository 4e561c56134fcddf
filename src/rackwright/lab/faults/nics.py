"""Faults of NICs: a link that flaps, a narrow PCIe slot, other firmware, RoCE settings changed by hand."""

from __future__ import annotations

import re
from typing import Any

from rackwright.errors import UsageError, WorldRefused
from rackwright.lab import hardware, machine
from rackwright.lab.faults import record
from rackwright.lab.faults.kind import Kind, Places, one
from rackwright.lab.faults.record import Fault
from rackwright.lab.inside import must
from rackwright.lab.world import World
from rackwright.models.design import Nic, Server

DROPS = 6
"""Times that a flapping link was down: more than a cable that was plugged once."""
NARROW = {"width": 8}
"""Half of the lanes, as a card that sits badly has them."""
OTHER_FIRMWARE = "28.43.1014"
"""Another released ConnectX-7 firmware.
Source: https://docs.nvidia.com/networking/display/connectx7firmwarev28431014lts"""
NO_PFC = "0,0,0,0,0,0,0,0"


def _port(world: World, places: Places) -> tuple[Server, Nic]:
    """``SERVER:PORT`` on the compute plane; the first one where none is given.

    :raises UsageError: no such port.
    """
    ports = {
        f"{server.name}:{nic.name}": (server, nic)
        for server in world.design.servers
        for nic in server.on("compute")
        if nic.rdma and nic.parent is None
    }
    if not ports:
        raise UsageError("the design has no RDMA port on the compute plane")
    place = one(places, next(iter(ports)), "SERVER:PORT")
    if place not in ports:
        raise UsageError(f"{place}: no RDMA port on the compute plane; the first is {next(iter(ports))}")
    return ports[place]


def _heals(name: str, metal: str) -> str:
    return f"rackwright lab fault CLUSTER {name} --clear (on metal: {metal})"


def _write(world: World, fault: Fault, now: list[Fault]) -> None:
    """The server's hardware record anew: its other faults, and this one where it is still there."""
    server = next(s for s in world.design.servers if s.name == fault.data["server"])
    others = [each for each in record.active(world.place) if each != fault]
    wrong = record.hardware([*others, *now], server.name)
    hardware.place_record(world.place, world.wiring, server, wrong)


def _hardware_kind(name: str, key: str, value: Any, words: str, metal: str, help_text: str) -> Kind:  # noqa: ANN401
    """A fault that the hardware record of one NIC has."""

    def plan(world: World, places: Places) -> Fault:
        server, nic = _port(world, places)
        data = {"server": server.name, "hardware": {key: {nic.rdma: value}}}
        broke = f"{nic.rdma} ({nic.name}) of {server.name} {words}"
        return Fault(name, f"{server.name}:{nic.name}", broke, _heals(name, metal), data)

    return Kind(
        name,
        f"{help_text}: --place SERVER:PORT.",
        plan,
        lambda world, fault: _write(world, fault, [fault]),
        lambda world, fault: _write(world, fault, []),
    )


def _pfc(world: World, server: str, port: str) -> str:
    """The list that ``mlnx_qos --pfc`` takes, as it is now."""
    table = must(world.place, server, ["mlnx_qos", "-i", port])
    found = re.search(r"^\s*enabled((?:\s+[01]){8})\s*$", table, re.MULTILINE)
    if found is None:
        raise WorldRefused(server, "read PFC", f"no table of {port}", "run rackwright configure first")
    return ",".join(found[1].split())


def _plan_drift(world: World, places: Places) -> Fault:
    server, nic = _port(world, places)
    before = _pfc(world, server.name, nic.name)
    if before == NO_PFC:
        raise WorldRefused(
            server.name, "switch PFC off", f"{nic.name} has none", "run rackwright configure first"
        )
    return Fault(
        "roce-drift",
        f"{server.name}:{nic.name}",
        f"PFC was switched off by hand on {nic.name} of {server.name}",
        _heals("roce-drift", f"systemctl restart rackwright-roce@{nic.name}"),
        {"server": server.name, "port": nic.name, "from": before},
    )


def _set(world: World, fault: Fault, pfc: str) -> None:
    """A server without power has forgotten what its NICs were told."""
    if machine.leader(world.place, fault.data["server"]) is None:
        return
    must(world.place, fault.data["server"], ["mlnx_qos", "-i", fault.data["port"], "--pfc", pfc])


KINDS = (
    _hardware_kind(
        "link-flap",
        "link_flap",
        DROPS,
        f"lost its link {DROPS} times",
        "clean or change the cable, then reload the driver: its counters begin anew",
        "A NIC has lost its link again and again",
    ),
    _hardware_kind(
        "nic-pcie",
        "nic_pcie",
        NARROW,
        f"has x{NARROW['width']} of its PCIe lanes",
        "seat the card anew",
        "A NIC has half of its PCIe lanes",
    ),
    _hardware_kind(
        "nic-firmware",
        "nic_firmware",
        OTHER_FIRMWARE,
        f"runs firmware {OTHER_FIRMWARE}",
        "rackwright configure --tags nic_firmware, then a reset",
        "A NIC runs another firmware than the lock's",
    ),
    Kind(
        "roce-drift",
        "PFC is switched off by hand on one port: --place SERVER:PORT.",
        _plan_drift,
        lambda world, fault: _set(world, fault, NO_PFC),
        lambda world, fault: _set(world, fault, fault.data["from"]),
    ),
)
