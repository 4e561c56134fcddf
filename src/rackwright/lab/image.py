"""Root images: what the machines of a lab lie on, as a read-only layer.

``debian13-server`` is made by mmdebstrap from the mirror of this machine's own apt; switches run it, too.
Another name is another distribution's (:mod:`rackwright.lab.identity`). An image is kept by the digest of
its recipe, appears under its name only when it is whole, and is built by one process at a time; what a
killed build left is thrown away.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rackwright.errors import UsageError, WorldRefused
from rackwright.lab import identity, mirror
from rackwright.lab.command import HERE
from rackwright.lab.finish import FINISH, finish
from rackwright.lab.progress import Advance, Steps
from rackwright.lab.stream import stream

BASE = "debian13-server"
SUITE = "trixie"
PACKAGES = (
    # what a server's image holds
    "systemd", "systemd-sysv", "dbus", "openssh-server", "python3", "iproute2", "cloud-init",
    "sudo", "iputils-ping", "ca-certificates", "kmod", "procps", "ethtool", "fuse3", "attr",
    # what a switch's network operating system holds
    "frr", "frr-pythontools", "lldpd",
)  # fmt: skip
DPKG = (
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/locale/*",
    # Stays in the image: a machine that can be made again in seconds needs no fsync for each file of a
    # package.
    "force-unsafe-io",
)
STAGES = 8
"""Lines of mmdebstrap that begin with ``I:`` in an undisturbed build."""
DEADLINE_S = 900


def digest(name: str = BASE) -> str:
    """Names the recipe: another list of packages or another finishing touch gives another image.

    :raises UsageError: there is no lab image of that name.
    """
    recipe = {"suite": SUITE, "packages": sorted(PACKAGES), "dpkg": DPKG, "finish": FINISH}
    if name != BASE:
        recipe["identity"] = identity.recipe(known(name))
        if identity.real(known(name)):
            recipe["suite"] = known(name).codename
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()


def known(name: str) -> identity.Identity:
    """Another distribution, by its image.

    :raises UsageError: the lab has no such image.
    """
    found = identity.IDENTITIES.get(name)
    if found is None:
        raise UsageError(f"no lab image {name}: there are {', '.join(sorted([BASE, *identity.IDENTITIES]))}")
    return found


def sources(name: str = BASE) -> list[str]:
    """Where the packages of an image come from, as lines of sources.list.

    :raises WorldRefused: apt knows no Debian archive.
    """
    if name != BASE and identity.real(known(name)):
        return identity.sources(known(name))
    return [mirror.find().line(SUITE)]


def path(cache: Path, image: str | None = None) -> Path:
    """Where the image with this digest is or will be."""
    return cache / "lab" / "root" / (image or digest())[:32]


@contextmanager
def building(folder: Path) -> Iterator[Path]:
    """One builder of ``folder`` at a time; yields an empty folder that takes its name in the end.

    Yields nothing useful when another process finished first: look at ``folder`` before building.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f".{folder.name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.parent.glob(f".{folder.name}.building*"):
            shutil.rmtree(left)
        temporary = folder.parent / f".{folder.name}.building"
        if folder.exists():
            yield folder
            return
        temporary.mkdir()
        yield temporary
        os.replace(temporary, folder)


def ensure(cache: Path, steps: Steps, name: str = BASE) -> tuple[str, Path]:
    """The image's digest and folder; built when it is not in the cache.

    :raises WorldRefused: it could not be built.
    """
    digested = digest(name)
    folder = path(cache, digested)
    if folder.exists():
        return digested, folder
    if name != BASE and not identity.real(known(name)):
        _, base = ensure(cache, steps)
        with steps.of(f"Image {name}", 1) as advance, building(folder) as target:
            if target != folder:
                identity.layer(known(name), base, target)
            advance(1)
        return digested, folder
    lines = sources(name)
    with steps.of(f"Root image {name}", STAGES) as advance, building(folder) as target:
        if target != folder:
            _bootstrap(target, SUITE if name == BASE else known(name).codename, lines, advance)
    return digested, folder


def _bootstrap(target: Path, suite: str, lines: list[str], advance: Advance) -> None:
    argv = ["mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", "--skip=check/qemu"]
    argv += ['--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Retries "3"']
    argv += [f"--dpkgopt={option}" for option in DPKG]
    argv += [f"--include={','.join(PACKAGES)}", suite, str(target), *lines]

    def on_line(line: str) -> None:
        if line.startswith("I: "):
            advance(1, line.removeprefix("I: ")[:60])

    stream(argv, "build the root image", timeout=DEADLINE_S, on_line=on_line)
    if not (target / "usr/sbin/sshd").exists():
        raise WorldRefused(HERE, "build the root image", "mmdebstrap ended well but left no sshd")
    finish(target)
