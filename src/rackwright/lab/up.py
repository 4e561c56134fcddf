"""``rackwright lab up``: make what is missing of a lab and touch nothing else. Start reading the lab here.

The order: what is needed of this machine; root image; namespaces; cables; switches boot while the depot is
filled; BMCs; and then everything has to answer. Servers stay off and blank: power and first boot come
through their BMCs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rackwright import hostkeys, secrets
from rackwright.atomic import write
from rackwright.errors import WorldRefused
from rackwright.lab import (
    addresses,
    cables,
    daemons,
    factory,
    hardware,
    hotplug,
    image,
    limits,
    machine,
    netns,
    packages,
    ports,
    reach,
)
from rackwright.lab.bmc import authority
from rackwright.lab.bmc.settings import Emulator, folder
from rackwright.lab.depot import artifacts, signing, where
from rackwright.lab.depot import build as depot
from rackwright.lab.faults import record
from rackwright.lab.place import LabRecord, Place, labs, read_record, write_record
from rackwright.lab.progress import Steps
from rackwright.lab.wiring import namespaces
from rackwright.lab.world import World
from rackwright.lock import Lock, boot_id
from rackwright.locks import load_lock

ANSWER_S = 150


@dataclass(frozen=True, slots=True)
class Built:
    """What a run of ``lab up`` made; empty lists where everything was there."""

    namespaces: list[str]
    cables: int
    machines: list[str]
    daemons: list[str]


def up(world: World, steps: Steps) -> Built:
    """Bring the lab up, or repair it.

    :raises WorldRefused: with what is missing or does not answer.
    :raises Locked: another ``lab up`` or ``lab down`` of this lab runs.
    """
    packages.require()
    place = world.place
    labs().mkdir(parents=True, exist_ok=True)
    with Lock(place.lock, f"lab {place.name}") as lock:
        if lock.note:
            steps.say(f"lab {place.name}: lock {lock.note}")
        try:
            claim(world)
        except WorldRefused:
            if not place.exists():  # nothing of it was made, so nothing is left
                place.lock.unlink(missing_ok=True)
            raise
        return _build(world, steps)


def _build(world: World, steps: Steps) -> Built:
    place = world.place
    limits.raise_them()
    kubernetes = artifacts.folders(world.spec)
    _, root = image.ensure(world.cache, steps)
    image.ensure(world.cache, steps, load_lock(world.spec.lock).image)
    hostkeys.pin_all(world.state, world.pins())
    made = _namespaces(world, steps)
    plugged = _cables(world, steps)
    addresses.bmcs(place, world.design)
    addresses.controller(place, world.design)
    with ThreadPoolExecutor(max_workers=1) as pool:
        filling = pool.submit(depot.ensure, world.cache, world.spec.lock, steps)
        booted = _switches(world, root, steps)
        _hardware(world)
        started = _bmcs(world)
        where.serve(place, filling.result())
    started += _depot(world)
    started += artifacts.ensure(place, kubernetes, world.design.depot.ip)
    _wait(world, steps)
    return Built(made, plugged, booted, started)


def claim(world: World) -> None:
    """Take the lab's name and its management plane on this machine, and say so on disk before anything is
    made.
    """
    place, prefix = world.place, world.design.plane("management").prefix
    addresses.refuse_overlap(place, prefix)
    previous = read_record(place)
    if previous is not None and previous.state != str(world.state):
        raise WorldRefused(
            f"lab {place.name}",
            "bring up",
            f"its machines were given the keys in {previous.state}, this run's are in {world.state}",
            f"run rackwright lab down {place.name}, or set RACKWRIGHT_STATE to {Path(previous.state).parent}",
        )
    place.dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    record_now = LabRecord(str(world.cluster_file), str(world.state), str(world.cache), prefix, boot_id())
    write_record(place, record_now)


def _namespaces(world: World, steps: Steps) -> list[str]:
    names = namespaces(world.place, world.design)
    missing = [name for name in names if not netns.usable(name)]
    netns.make(missing)
    return missing


def _cables(world: World, steps: Steps) -> int:
    """Plug in what is not plugged in, faults included."""
    faults = record.active(world.place)
    plugged = record.plugged(world.design.cables, faults)
    links = world.wiring.links(plugged, record.pulled(faults))
    with steps.of("Cables", len(links)) as advance:
        made = cables.repair(links, advance)
    hotplug.came(world.place, made)
    return len(made)


def _switches(world: World, root: Path, steps: Steps) -> list[str]:
    """Boot the switches that are off; one that never ran gets its factory disk first."""
    key = secrets.authorized_key(world.spec.access.ssh_key, world.cluster_file, world.state)
    booted = []
    with steps.of("Switches", len(world.design.switches)) as advance:
        for switch in world.design.switches:
            built = machine.Machine(world.place, switch.name, devices=())
            if not machine.on(world.place, switch.name):
                ready = built.dir / "factory.json"
                if not ready.exists():
                    machine.blank(built)
                    texts = factory.files(world.design.name, switch, key)
                    factory.write_disk(built.upper, texts, hostkeys.ensure(world.state, switch.name))
                    write(ready, "{}\n")
                ports.reset(world.place.netns(switch.name))
                machine.start(built, root)
                booted.append(switch.name)
            advance(1, switch.name)
    return booted


def _hardware(world: World) -> None:
    faults = record.active(world.place)
    for server in world.design.servers:
        hardware.place_record(world.place, world.wiring, server, record.hardware(faults, server.name))


def _bmcs(world: World) -> list[str]:
    """Provision the BMCs and start their emulator."""
    place, access = world.place, world.spec.access
    password = secrets.resolve(access.bmc_password, world.cluster_file, world.state)
    bmcs = world.bmcs()
    certificate, changed = authority.provision(place, bmcs, access.bmc_user, password.reveal())
    _publish_ca(world, certificate)
    settings = Emulator(place.name, reach.BMC_PORT, str(world.cache), bmcs)
    write(folder(place) / "emulator.json", settings.text())
    if changed:
        daemons.stop(place, "bmc")
    return (
        ["bmc"] if daemons.ensure(place, "bmc", "rackwright.lab.bmc", [place.name], settings.text()) else []
    )


def _publish_ca(world: World, certificate: str) -> None:
    """Put the authority's certificate where the cluster file says that it is found."""
    scheme, _, name = world.spec.access.bmc_ca.partition(":")
    if scheme == "env":
        return
    path = world.state / "secrets" / name if scheme == "state" else world.cluster_file.parent / name
    if not path.exists() or path.read_text() != certificate:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write(path, certificate, mode=0o600)


def _depot(world: World) -> list[str]:
    write(world.state / "depot-key.asc", signing.public_key(world.cache))
    arguments = [world.place.name, world.design.depot.ip, str(where.PORT)]
    return ["depot"] if daemons.ensure(world.place, "depot", "rackwright.lab.depot", arguments, "") else []


def _wait(world: World, steps: Steps) -> None:
    wanted = reach.probes(world.design, (switch.name for switch in world.design.switches))
    with steps.of("Reachable", len(wanted)) as advance:
        silent = reach.wait(wanted, ANSWER_S, advance)
    if silent:
        raise WorldRefused(
            f"lab {world.place.name}",
            "bring up",
            f"no answer within {ANSWER_S} s from {', '.join(_why(world.place, name) for name in silent)}",
            f"look at {console_hint(world.place, silent[0])}, then run rackwright lab up again to repair",
        )


def _why(place: Place, name: str) -> str:
    """A machine that died is named with the last that it said."""
    console = place.machine(name) / "console.log"
    if not console.exists() or machine.on(place, name):
        return name
    said = [line for line in console.read_text(errors="replace").splitlines() if line.strip()]
    return f"{name} (died; last on its console: {said[-1].strip()[:160] if said else 'nothing'})"


def console_hint(place: Place, name: str) -> Path:
    """Where to look when something does not answer."""
    if name == "depot":
        return daemons.log(place, "depot")
    if name.endswith(" BMC"):
        return daemons.log(place, "bmc")
    return place.machine(name) / "console.log"
