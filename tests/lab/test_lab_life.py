"""A lab is built, repaired and taken away: what is there is counted in the kernel, not in our records."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.lab.command import ROOT, command

from rackwright.lab import cgroups, machine, netns
from rackwright.lab.place import Place, labs
from rackwright.lab.world import World, world
from rackwright.lock import Lock

LabFile = Callable[..., Path]
WARM_S = 40
"""The issue's bound for a lab whose root image is in the cache, on two cores."""


def snapshot() -> dict[str, set[str]]:
    """Everything kernel-global that a lab may leave, by kind."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    links = json.loads(subprocess.check_output(["ip", "-json", "link"], text=True))
    processes = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        text = " ".join(words)
        if (
            "rackwright.lab" in text
            or "systemd-nspawn" in text
            or text.startswith("/bin/sh -c \nset -eu\nroot=")
        ):
            processes.add(text)
    groups = {str(path) for root in cgroups.hierarchies() for path in root.glob("rackwright.*")}
    propagate = Path("/run/systemd/nspawn/propagate")
    return {
        # /run/netns is made a mount by the first "ip netns add" on a machine and stays: iproute2's way.
        "mounts": {line.split()[4] for line in mounts} - {"/run/netns"},
        "links": {link["ifname"] for link in links},
        "namespaces": netns.existing("rw."),
        "processes": processes,
        "groups": groups,
        "labs": {str(path) for path in labs().glob("*")} if labs().exists() else set(),
        "nspawn": {path.name for path in propagate.iterdir()} if propagate.is_dir() else set(),
        "temporary": {path.name for path in Path(tempfile.gettempdir()).glob("rw*")},
        "limits": {(Path("/proc/sys") / name).read_text() for name in ("fs/inotify/max_user_instances",)},
    }


def left(before: dict[str, set[str]], names: tuple[str, ...]) -> dict[str, set[str]]:
    """What is there now and was not before, of these labs: other labs on this machine come and go."""
    extra = {kind: now - before[kind] for kind, now in snapshot().items() if kind != "limits"}
    mine = {Place(name).controller_link for name in names}
    return {
        kind: {item for item in items if item in mine or any(f"{name}" in item for name in names)}
        for kind, items in extra.items()
        if any(item in mine or any(f"{name}" in item for name in names) for item in items)
    }


def leaders(built: World) -> dict[str, int | None]:
    names = [switch.name for switch in built.design.switches]
    return {name: machine.leader(built.place, name) for name in names}


def indexes(built: World) -> dict[tuple[str, str], object]:
    """Interface index by namespace and name."""
    spaces = sorted(netns.existing(built.place.prefix))
    return {(space, name): link["ifindex"] for space in spaces for name, link in netns.links(space).items()}


def ssh(built: World, address: str, *words: str) -> str:
    """As an operator: OpenSSH, the user's key, and only the pinned host key."""
    options = {
        "IdentityFile": built.state / "secrets/ssh-key",
        "UserKnownHostsFile": built.state / "known_hosts",
        "StrictHostKeyChecking": "yes",
        "GlobalKnownHostsFile": "/dev/null",
        "IdentitiesOnly": "yes",
        "BatchMode": "yes",
        "ConnectTimeout": "5",
    }
    flags = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    done = subprocess.run(
        ["ssh", "-F", "none", *flags, f"root@{address}", *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_life_of_a_lab(lab_file: LabFile) -> None:
    before = snapshot()
    path = lab_file("tlife", "10.122.0.0/16", small=False)
    assert command("lab", "status", path).stdout.count("is not up") == 1

    first = command("lab", "up", path)  # may have to make the root image
    assert first.returncode == 0, first.stderr
    built = world(str(path))
    assert len(leaders(built)) == 11
    assert all(leaders(built).values())

    for switch in built.design.switches:
        assert ssh(built, switch.management.ip, "hostname") == switch.name
    assert (
        ssh(built, built.design.switches[0].management.ip, "systemctl", "is-active", "frr", "lldpd")
        == "active\nactive"
    )

    status = json.loads(command("lab", "status", path, "--json").stdout)
    servers = [row for row in status["machines"] if row["bmc"] != "-"]
    assert [row["power"] for row in servers] == ["off"] * 5
    assert {row["bmc"] for row in servers} == {"answers"}
    assert status["cables_missing"] == []

    # A second run touches nothing.
    pids, ports = leaders(built), indexes(built)
    again = command("lab", "up", path)
    assert again.returncode == 0, again.stderr
    assert "nothing was changed" in again.stdout
    assert (leaders(built), indexes(built)) == (pids, ports)

    # A dead machine, a lost cable and a dead daemon are repaired, and nothing else is touched.
    victim, port = "backend-spine-01", ("rw.tlife.frontend-spine-01", "swp1")
    machine.power_off(built.place, victim)
    subprocess.run(["ip", "-n", port[0], "link", "del", port[1]], check=True, timeout=20)
    for pid in cgroups.pids(f"{built.place.cgroup}/.bmc"):
        os.kill(pid, signal.SIGKILL)
    repaired = command("lab", "up", path)
    assert repaired.returncode == 0, repaired.stderr
    assert f"booted {victim}; started bmc" in repaired.stdout
    assert "1 cables" in repaired.stdout
    now = leaders(built)
    assert now.pop(victim) not in (None, pids.pop(victim))
    assert now == pids
    changed = {key for key, index in indexes(built).items() if ports.get(key) != index}
    assert changed == {port, ("rw.tlife.frontend-leaf-01", "swp9")}

    # Down, and what a warm start takes.
    down = command("lab", "down", path)
    assert down.returncode == 0, down.stderr
    assert left(before, ("tlife",)) == {}
    began = time.monotonic()
    warm = command("lab", "up", path)
    assert warm.returncode == 0, warm.stderr
    # The bound holds for a machine of our own: what others take of it at this moment is allowed for.
    others = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert time.monotonic() - began < WARM_S * others
    assert command("lab", "down", "tlife").returncode == 0
    assert left(before, ("tlife",)) == {}


def test_one_run_at_a_time(lab_file: LabFile) -> None:
    path = lab_file("tlock", "10.123.0.0/16")
    labs().mkdir(parents=True, exist_ok=True)
    with Lock(Place("tlock").lock, "lab tlock"):
        refused = command("lab", "up", path)
    Place("tlock").lock.unlink()
    assert refused.returncode == 3
    assert f"locked by process {os.getpid()}" in refused.stderr


@pytest.mark.parametrize("moment", [0.7, 1.2, 1.8, 2.5, 4.0])
def test_killed_half_way(lab_file: LabFile, moment: float) -> None:
    """SIGKILL to all of ``lab up``: ``lab down`` then leaves nothing, ``lab up`` completes it."""
    before = snapshot()
    path = lab_file("tkill", "10.124.0.0/16")
    process = subprocess.Popen(
        [sys.executable, "-m", "rackwright", "lab", "up", str(path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(moment)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    if moment == 1.8:
        finished = command("lab", "up", path)
        assert finished.returncode == 0, finished.stderr
    down = command("lab", "down", "tkill")
    assert down.returncode in (0, 2), down.stderr  # 2: it had not begun, no such lab
    assert left(before, ("tkill",)) == {}


def test_two_labs_side_by_side(lab_file: LabFile) -> None:
    first, second = lab_file("tsidea", "10.125.0.0/16"), lab_file("tsideb", "10.126.0.0/16")
    clash = lab_file("tsidec", "10.125.128.0/17")
    assert command("lab", "up", first).returncode == 0
    pids = leaders(world(str(first)))
    assert command("lab", "up", second).returncode == 0
    refused = command("lab", "up", clash)
    assert refused.returncode == 3
    assert "lab tsidea has 10.125.0.0/16, which overlaps 10.125.128.0/17" in refused.stderr
    assert command("lab", "down", second).returncode == 0
    assert leaders(world(str(first))) == pids
    assert all(pids.values())
    assert command("lab", "down", first).returncode == 0


def test_after_a_restart_of_this_machine(lab_file: LabFile) -> None:
    """Processes and namespaces are gone, names and disks are not: ``up`` boots them, ``down`` clears all."""
    before = snapshot()
    path = lab_file("tboot", "10.129.0.0/16")
    assert command("lab", "up", path).returncode == 0
    built = world(str(path))
    switch = built.design.switches[0]
    ssh(built, switch.management.ip, "touch", "/root/kept")
    spaces = netns.existing(built.place.prefix)
    cgroups.kill(built.place.cgroup)
    cgroups.remove(built.place.cgroup)
    netns.remove(built.place.prefix)
    for name in spaces:
        (netns.RUN / name).touch()

    again = command("lab", "up", path)
    assert again.returncode == 0, again.stderr
    assert ssh(built, switch.management.ip, "ls", "/root/kept") == "/root/kept"

    cgroups.kill(built.place.cgroup)
    netns.remove(built.place.prefix)
    for name in spaces:
        (netns.RUN / name).touch()
    assert command("lab", "down", "tboot").returncode == 0
    assert left(before, ("tboot",)) == {}
