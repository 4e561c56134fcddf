"""Where a file of a table comes from: a release, an archive, or a Go module. Each says why it cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from rackwright.depot import release
from rackwright.depot.place import Place
from rackwright.depot.record import Held
from rackwright.depot.table import Arch, FileRow, PackageRow, Table
from rackwright.depot.tell import Tell
from rackwright.engine.download import Unreachable
from rackwright.errors import WorldRefused

DEBIAN = "https://deb.debian.org/debian"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be filled, and with what."""

    place: Place
    name: str
    """The table's name."""
    table: Table
    arch: Arch
    tell: Tell
    hosts: release.Hosts = field(default_factory=release.Hosts)


def held(name: str, row: FileRow, place: Place, sha256: str, origin: str, of: str) -> Held:
    """A program that is in the store, as the record has it."""
    size = place.file(sha256).stat().st_size
    return Held(name, "file", row.version, row.licence, row.source, sha256, size, origin, of)


def from_release(job: Job, name: str, row: FileRow) -> Held:
    """A program from its official release.

    :raises Unreachable: it has none, its digest is not known, or it cannot be had now.
    :raises WrongDigest: something else is served under its name.
    """
    if row.release is None:
        raise Unreachable("nobody releases it")
    official = job.table.releases[row.release.source]
    url = official.url.replace("{arch}", job.arch)
    sha256 = official.sha256.get(job.arch)
    if sha256 is None:
        raise Unreachable(f"release refused: the table has no digest of {url}")
    with job.tell.work(f"fetch {name}") as work:
        path = release.bring(job.place, url, sha256, job.hosts, work.bytes)
    if row.release.member is None:
        return held(name, row, job.place, sha256, "release", url)
    member = row.release.member.replace("{arch}", job.arch)
    fresh = job.place.downloads / f".{name}.member"
    fresh.parent.mkdir(parents=True, exist_ok=True)
    try:
        release.member(path, member, fresh)
        found = job.place.keep(fresh)
    finally:
        fresh.unlink(missing_ok=True)
    return held(name, row, job.place, found, "release", f"{url}#{member}")


def from_debian(job: Job, name: str, row: PackageRow, mirrors: Iterable[str]) -> Held:
    """A package of Debian's, by its digest: from the machine's own mirror, Debian's address, or the snapshot.

    :raises Unreachable: none of them has it; with the answer of each.
    :raises WrongDigest: something else is served under its name.
    """
    sha256, path = row.sha256.get(job.arch), row.path.replace("{arch}", job.arch)
    if sha256 is None:
        raise Unreachable(f"refused: the table has no digest for {job.arch}")
    said: list[str] = []
    for base in dict.fromkeys([*mirrors, DEBIAN, *([job.table.snapshot] if job.table.snapshot else [])]):
        url = f"{base.rstrip('/')}/{path}"
        try:
            with job.tell.work(f"fetch {name}") as work:
                release.bring(job.place, url, sha256, job.hosts, work.bytes)
        except Unreachable as problem:
            said.append(str(problem))
            continue
        size = job.place.file(sha256).stat().st_size
        return Held(
            name, "package", row.version, row.licence, row.source, sha256, size, "release", f"{DEBIAN}/{path}"
        )
    raise Unreachable("; ".join(said))


def own_mirrors() -> list[str]:
    """The archive that this machine's apt uses; none on a machine without apt."""
    from rackwright.lab import mirror  # of the lab; it only reads apt's configuration

    try:
        url = mirror.find().url
    except WorldRefused:
        return []
    return [url] if urlsplit(url).scheme in ("http", "https") else []


def folders() -> Path:
    """Where the Go modules lie that programs are built from."""
    from rackwright.depot.load import folder

    return folder() / "go"
