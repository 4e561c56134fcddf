"""The depot's real packages: Debian's, in the lock's version where upstream is the same program."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from rackwright.lab import image, mirror
from rackwright.lab.command import run
from rackwright.lab.depot import real, repack
from rackwright.lab.depot.archive import Archive

NEWER = "forky"
"""Suite that bundles are made from: Debian 13 has no containerd 2."""
Origins = dict[tuple[str, str], tuple[str, str]]
"""Origin and note by package and version."""


def fill(cache: Path, system: str, plain: Sequence[str], asked: Sequence[real.Wanted], pool: Path) -> Origins:
    """Packages that roles name and those of the locks, with what all of them need.

    :param system: image of the machines, whose own packages need not be fetched.
    :raises WorldRefused: the mirror refused, or has nothing of a row's upstream version.
    """
    work = pool.parent / "fetch"
    status = image.path(cache, image.digest(system)) / "var/lib/dpkg/status"
    archive, newer = Archive(work / "base", image.sources(system), status), None
    archive.update()
    bundles = sorted({name for item in asked if item.package in real.BUNDLES for name in item.sources})
    if bundles:
        newer = Archive(work / "newer", [mirror.find().line(NEWER)], status)
        newer.update()
    names = sorted({item.package for item in asked} - set(real.BUNDLES))
    choices = real.choose(asked, archive.offered(names), newer.offered(bundles) if newer else {})
    needed = list(plain)
    if newer:
        for choice in choices:
            if choice.origin == "repacked":
                needed += _bundle(newer, choice, pool)
    singles = [choice for choice in choices if choice.origin != "repacked"]
    # Two locks may name two versions of a package: apt resolves one of them, the other comes by itself.
    first = {choice.wanted.package: choice.versions[0] for choice in reversed(singles)}
    archive.closure([*needed, *(f"{name}={version}" for name, version in sorted(first.items()))], pool)
    for choice in singles:
        if not _files(pool, choice.wanted.package, choice.versions[0]):
            archive.fetch(choice.wanted.package, choice.versions[0], pool)
    _relabel(singles, pool)
    shutil.rmtree(work)
    return {(c.wanted.package, c.wanted.version): (c.origin, c.note) for c in choices}


def _files(pool: Path, package: str, version: str) -> list[Path]:
    return list(pool.glob(f"{package}_{version.replace(':', '%3a')}_*.deb"))


def _relabel(choices: Sequence[real.Choice], pool: Path) -> None:
    """Give packages the revision that the lock names; the mirror's own does not stay beside it."""
    exact = {(c.wanted.package, c.versions[0]) for c in choices if c.origin == "real"}
    for choice in choices:
        if choice.origin == "relabelled":
            files = _files(pool, choice.wanted.package, choice.versions[0])
            repack.write(files, choice.wanted.package, choice.wanted.version, choice.note, pool)
    for choice in choices:
        if choice.origin == "relabelled" and (choice.wanted.package, choice.versions[0]) not in exact:
            for file in _files(pool, choice.wanted.package, choice.versions[0]):
                file.unlink()


def _bundle(archive: Archive, choice: real.Choice, pool: Path) -> list[str]:
    """Build a vendor's bundle from several packages of Debian's; names of what it needs."""
    item = choice.wanted
    parts = [
        archive.fetch(name, version, archive.folder)
        for name, version in zip(item.sources, choice.versions, strict=True)
    ]
    built = repack.write(parts, item.package, item.version, choice.note, pool)
    fields = run(["dpkg-deb", "--field", str(built), "Depends"], f"read {built.name}")
    return re.findall(r"(?:^|, )([a-z0-9][a-z0-9.+-]*)", fields)
