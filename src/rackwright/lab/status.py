"""What of a lab is there: machines, power, reachability, BMCs, cables, daemons, faults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rackwright.lab import cables, daemons, identity, machine, reach
from rackwright.lab.faults import record
from rackwright.lab.faults.record import Fault
from rackwright.lab.place import read_record
from rackwright.lab.wiring import missing
from rackwright.lab.world import World
from rackwright.locks import load_lock


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """One machine."""

    name: str
    kind: str
    """Role of a server, tier of a switch."""
    power: str
    """on, off, or firmware (on, with nothing to boot)"""
    address: str
    reachable: bool
    """An SSH server greets at its management address."""
    bmc: str
    """``answers``, ``silent``; "-" for a switch, which has none."""


@dataclass(frozen=True, slots=True)
class LabStatus:
    """The whole lab, as it is now."""

    name: str
    up: bool
    machines: list[MachineStatus]
    cables: int
    cables_missing: list[str]
    daemons: dict[str, bool]
    faults: list[Fault]
    image: str
    """What the servers run, and whether it only says so."""


def _image(world: World) -> str:
    name = load_lock(world.spec.lock).image
    return f"{name}, simulated: Debian that says it is {name}" if identity.simulated(name) else name


def _power(world: World, device: str) -> str:
    if not machine.on(world.place, device):
        return "off"
    return "on" if machine.leader(world.place, device) is not None else "firmware"


def status(world: World) -> LabStatus:
    """Look at everything; changes nothing."""
    place, design = world.place, world.design

    def switch_status(index: int) -> MachineStatus:
        switch = design.switches[index]
        power, ip = _power(world, switch.name), switch.management.ip
        return MachineStatus(switch.name, switch.tier, power, ip, power == "on" and reach.speaks_ssh(ip), "-")

    def server_status(index: int) -> MachineStatus:
        server = design.servers[index]
        power, ip = _power(world, server.name), server.management.address.ip
        bmc = "answers" if reach.accepts(server.bmc.address.ip, reach.BMC_PORT) else "silent"
        return MachineStatus(server.name, server.role, power, ip, power == "on" and reach.speaks_ssh(ip), bmc)

    up = read_record(place) is not None
    faults = record.active(place)
    if not up:
        return LabStatus(place.name, False, [], len(design.cables), [], {}, [], _image(world))
    with ThreadPoolExecutor(max_workers=16) as pool:
        machines = [
            *pool.map(switch_status, range(len(design.switches))),
            *pool.map(server_status, range(len(design.servers))),
        ]
    links = world.wiring.links(record.plugged(design.cables, faults), record.pulled(faults))
    gone = missing(links, cables.present(links))
    return LabStatus(
        place.name,
        True,
        machines,
        len(design.cables),
        [f"{link.a.netns} {link.a.interface} - {link.z.netns} {link.z.interface}" for link in gone],
        {name: daemons.running(place, name) for name in ("bmc", "depot")},
        faults,
        _image(world),
    )
