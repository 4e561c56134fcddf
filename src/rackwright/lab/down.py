"""``rackwright lab down``: take a lab away and leave nothing behind, however the runs before it ended."""

from __future__ import annotations

import shutil
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.lab import cgroups, limits, netns
from rackwright.lab.command import run
from rackwright.lab.place import Place, known, labs, read_record
from rackwright.lab.progress import Steps
from rackwright.lock import Lock

DESCRIBED = ("machines", "engine", "pulumi", "verify")
"""Parts of the cluster's state that describe a world which is then gone. Keys and secrets stay."""
WAY_IN = "secrets/kubeconfig"
"""But for the way into a Kubernetes that is gone with its machines."""
PROPAGATE = Path("/run/systemd/nspawn/propagate")


def down(place: Place, steps: Steps) -> None:
    """Take the lab away.

    :raises Locked: a ``lab up`` or ``lab down`` of this lab runs.
    :raises WorldRefused: something would not go.
    """
    labs().mkdir(parents=True, exist_ok=True)
    with Lock(place.lock, f"lab {place.name}"):
        record = read_record(place)
        with steps.of("Take down", 5) as advance:
            # The daemons first: a BMC would take a machine's end for a power cut and answer for it.
            for group in _groups(place):
                cgroups.kill(group)
            cgroups.remove(place.cgroup)
            advance(1, "machines")
            _interface(place)
            netns.remove(place.prefix)
            advance(1, "network")
            for left in PROPAGATE.glob(f"{place.name}.*") if PROPAGATE.is_dir() else ():
                shutil.rmtree(left)
            _unmounted(place)
            advance(1, "disks")
            if place.dir.exists():
                shutil.rmtree(place.dir)
            advance(1, "state")
            if record is not None:
                for name in DESCRIBED:
                    shutil.rmtree(Path(record.state) / name, ignore_errors=True)
                (Path(record.state) / WAY_IN).unlink(missing_ok=True)
            advance(1)
        place.lock.unlink(missing_ok=True)
    _prune()


def _groups(place: Place) -> list[str]:
    """The lab's control groups, daemons before machines, then the whole."""
    names: set[str] = set()
    for root in cgroups.hierarchies():
        top = root / place.cgroup
        if top.is_dir():
            names |= {entry.name for entry in top.iterdir() if entry.is_dir()}
    return [f"{place.cgroup}/{name}" for name in sorted(names)] + [place.cgroup]


def _interface(place: Place) -> None:
    """The controller's port goes first: it is the only one in the root namespace."""
    if place.controller_link in netns.links(None):
        run(["ip", "link", "del", place.controller_link], "unplug the controller")
    netns.wait_gone(place.controller_link)


def _unmounted(place: Place) -> None:
    """No mount below the lab's directory may be left when it is deleted.

    :raises WorldRefused: one is; deleting through it would delete what it shows.
    """
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    below = [line.split()[4] for line in mounts if line.split()[4].startswith(f"{place.dir}/")]
    for target in sorted(below, reverse=True):
        run(["umount", target], f"unmount {target}")
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    if any(line.split()[4].startswith(f"{place.dir}/") for line in mounts):
        raise WorldRefused(f"lab {place.name}", "take down", f"something is still mounted below {place.dir}")


def _prune() -> None:
    """When the last lab is gone: put this machine's limits back, remove the directories of labs."""
    if not known():
        limits.put_back()
    for folder in (labs(), labs().parent):
        try:
            folder.rmdir()
        except OSError:  # another lab is there, or the directory is shared
            return
