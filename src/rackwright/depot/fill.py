"""Fill a depot: every file of a table from the first source that has it, the images from those, then the
record.

Sources: official releases whose digest is known, then building from Go modules; or, when one is given, an
archive and nothing else, so that a site without a network asks nobody. Everything that cannot be had is
said at once, before the first build. A filling appears under its name when it is whole; the one before
stays until then.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from dataclasses import replace

from rackwright.atomic import write
from rackwright.depot import builds, charts, copied, images, storage
from rackwright.depot.archive import Archive
from rackwright.depot.place import link
from rackwright.depot.record import FILE, Held, Record
from rackwright.depot.sources import Job, from_debian, from_release, own_mirrors
from rackwright.depot.table import FileRow
from rackwright.engine.download import Unreachable
from rackwright.errors import Lacking, WorldRefused
from rackwright.lock import Lock


def fill(job: Job, *, archive: Archive | None, only: Collection[str] = ()) -> Record:
    """The record of what is there now.

    :param only: names of files or packages: the others are left out, and the files go to the cache only,
        from where a whole filling takes them.
    :raises Lacking: some files cannot be had from anywhere; all of them.
    :raises WrongDigest: a source gave other bytes.
    :raises WorldRefused: a build failed.
    """
    job.place.root.mkdir(parents=True, exist_ok=True)
    with Lock(job.place.root / f"{job.name}-{job.arch}.lock", f"depot {job.name}-{job.arch}"):
        rows = {
            name: row for name, row in job.table.files.items() if (name in only if only else not row.optional)
        }
        packages = [name for name in job.table.packages if not only or name in only]
        held = (
            _from_archive(job, archive, rows, packages, only)
            if archive
            else _gather(job, rows, packages, only)
        )
        record = Record(job.name, job.table.version, job.arch, tuple(sorted(held)))
        return record if only else _whole(job, record)


def _gather(job: Job, rows: dict[str, FileRow], packages: list[str], only: Collection[str]) -> list[Held]:
    """From releases and registries, and what is left from Go modules."""
    found: list[Held] = []
    left: dict[str, FileRow] = {}
    lacking: dict[str, str] = {}
    for name, row in rows.items():
        try:
            found.append(from_release(job, name, row))
        except Unreachable as problem:
            left[name], lacking[name] = row, str(problem)
    mirrors = own_mirrors() if packages else []
    short: dict[str, str] = {}
    for name in packages:
        try:
            found.append(from_debian(job, name, job.table.packages[name], mirrors))
        except Unreachable as problem:
            short[name] = str(problem)
    for name, chart in {} if only else job.table.charts.items():
        try:
            found.append(charts.bring(job, name, chart))
        except Unreachable as problem:
            short[f"chart {name}"] = str(problem)
    for name, (image, pin) in {} if only else job.table.copied.items():
        try:
            found.append(copied.bring(job, name, image, pin))
        except Unreachable as problem:
            short[f"image {name}"] = str(problem)
    short |= {name: f"{lacking[name]}; {why}" for name, why in builds.able(job, left).items()}
    if short:
        more = 0 if only else len(job.table.charts) + len(job.table.copied)
        raise Lacking(f"{job.name} for {job.arch}", short, len(rows) + len(packages) + more)
    for name in left:
        job.tell.say(f"{name}: {lacking[name]}")
    return found + builds.build(job, left)


def _from_archive(
    job: Job, archive: Archive, rows: dict[str, FileRow], packages: list[str], only: Collection[str]
) -> list[Held]:
    """From an archive alone."""
    record = archive.record()
    if (record.table, record.version, record.arch) != (job.name, job.table.version, job.arch):
        raise WorldRefused(
            str(archive.path),
            "use the archive",
            f"it is for {record.table} {record.version} {record.arch}",
            f"expected {job.name} {job.table.version} {job.arch}",
        )
    inside = {(each.kind, each.name): each for each in record.files}
    short: dict[str, str] = {}
    found: list[Held] = []
    wanted = [("file", name, row.version) for name, row in rows.items()]
    wanted += [("package", name, job.table.packages[name].version) for name in packages]
    if not only:
        wanted += [("chart", name, row.version) for name, row in job.table.charts.items()]
        wanted += [("image", name, copied.version(image)) for name, (image, _) in job.table.copied.items()]
    for kind, name, version in wanted:
        each = inside.get((kind, name))
        if each is None:
            short[name] = "the archive has no such file"
        elif each.version != version:
            short[name] = f"the archive has version {each.version}, expected {version}"
        elif each.sha256 != (pinned := _pinned(job, each)) and pinned is not None:
            short[name] = f"the archive has sha256 {each.sha256}, the table {pinned}"
        elif strange := _strange(job, each):
            short[name] = strange
        else:
            found.append(each)
    if short:
        raise Lacking(f"{job.name} for {job.arch}", short, len(wanted))
    for each in found:
        archive.take(job.place, each)
    job.tell.say(f"{len(found)} files from {archive.path}")
    return found


def _pinned(job: Job, held: Held) -> str | None:
    """The digest that the table has for a file as it lies here; None: it has none."""
    if held.kind in ("chart", "image"):
        return None  # their digests are those of manifests: see _strange
    if held.kind == "package":
        return job.table.packages[held.name].sha256.get(job.arch)
    return job.table.pinned(job.table.files[held.name], job.arch, held.origin)


def _strange(job: Job, held: Held) -> str | None:
    """Why a chart or an image of an archive is not the one that the table pins."""
    if held.kind == "chart":
        chart = job.table.charts[held.name]
        if chart.folder is not None:
            own = charts.bring(job, held.name, chart).sha256
            return None if own == held.sha256 else f"the archive has sha256 {held.sha256}, this tree {own}"
        known = charts.pinned(chart, held)
    elif held.kind == "image":
        known = copied.pinned(*job.table.copied[held.name], held)
    else:
        return None
    return None if known else f"the archive has it from {held.of}, which the table does not pin"


def _whole(job: Job, record: Record) -> Record:
    """Lay out the depot beside the one before, then change them."""
    folder = job.place.filled(job.name, job.arch)
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    for left in folder.parent.glob(f".{folder.name}.*"):  # of a filling that was killed; the lock is ours
        shutil.rmtree(left, ignore_errors=True)
    try:
        for held in record.files:
            link(job.place.file(held.sha256), fresh / held.path)
            (fresh / held.path).chmod(0o755 if held.kind == "file" else 0o644)
        job.tell.say(f"putting {len(job.table.images)} images together")
        by_name = {held.name: held for held in record.files if held.kind != "chart"}
        made = images.build(fresh, job.table, job.arch, by_name, job.name)
        storage.lay_out(fresh / "oci", fresh / "registry")
        record = replace(record, images=tuple(made))
        write(fresh / FILE, record.text())
        old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return record
