"""Official releases: fetched by the publisher's digest, continued after a break, members taken out of
archives.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from rackwright.depot.member import opened
from rackwright.depot.pace import Pace
from rackwright.depot.place import Place
from rackwright.engine.download import OnBytes, Unreachable, WrongDigest, digest, fetch

TRIES = 3
"""Times that a transfer which brought something is continued."""


class Hosts:
    """Who did not answer: asked once, not once for each of their files."""

    def __init__(self) -> None:
        self.silent: dict[str, str] = {}


def bring(
    place: Place,
    url: str,
    sha256: str,
    hosts: Hosts,
    tell: OnBytes,
    headers: Mapping[str, str] | None = None,
) -> Path:
    """A release in the store.

    :raises Unreachable: it cannot be had now; what has arrived is kept.
    :raises WrongDigest: something else is served under its name.
    """
    target = place.file(sha256)
    if target.exists():
        if digest(target) == sha256:
            return target
        target.unlink()  # a disk that forgot, or a hand that edited: fetched again
    host = urlsplit(url).netloc
    if host in hosts.silent:
        raise Unreachable(hosts.silent[host])
    part = place.downloads / sha256
    for attempt in range(TRIES):
        before = _size(part)
        try:
            fetch(url, sha256, part, Pace(url, tell), headers=headers)
        except Unreachable as problem:
            came = _size(part) > before
            if not came and before == 0 and url not in str(problem):
                hosts.silent[host] = str(problem)  # the host, not this one address
            if not came or attempt == TRIES - 1:
                raise
        else:
            break
    place.keep(part)
    part.unlink()
    return target


def _size(part: Path) -> int:
    half = part.with_name(f"{part.name}.part")  # where the download keeps what has arrived
    return half.stat().st_size if half.exists() else 0


def member(archive: Path, name: str, target: Path) -> None:
    """Take one regular file out of a release's tar archive.

    :raises WrongDigest: the archive has no such file.
    """
    with opened(archive, name) as source:
        if source is not None:
            with target.open("wb") as file:
                shutil.copyfileobj(source, file)
            return
    raise WrongDigest(f"{archive.name}: the release has no file {name}; the table names another one")
