"""Which engine runs: Pulumi's own where it can be had, otherwise the in-process one, and why.

Looked for in this order: ``pulumi`` on PATH; the user's cache; an archive that ``RACKWRIGHT_PULUMI_ARCHIVE``
names (air-gapped sites); the official release, pinned by digest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rackwright.engine.download import OnBytes, Unreachable, check, fetch, unpack
from rackwright.engine.release import Release, pinned
from rackwright.errors import UsageError
from rackwright.paths import cache_dir


@dataclass(frozen=True, slots=True)
class Pulumi:
    """An engine that has been found."""

    folder: Path
    """Holds ``pulumi`` and ``pulumi-language-python``."""
    version: str
    source: str
    """``PATH``, ``cache``, ``archive`` or ``download``."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine for this run, and why in words for the user."""

    engine: str
    why: str
    pulumi: Pulumi | None = None


def _working(folder: Path, source: str) -> Pulumi | None:
    """The engine in ``folder`` when it runs and can run Python programs."""
    program = folder / "pulumi"
    if not (program.is_file() and (folder / "pulumi-language-python").is_file()):
        return None
    try:
        answer = subprocess.run(  # noqa: S603
            [program, "version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Pulumi(folder, answer.stdout.strip().lstrip("v"), source)


def _cached(release: Release) -> Path:
    return cache_dir() / "pulumi" / f"{release.version}-{release.platform}"


def local() -> Pulumi | None:
    """What is at hand without a network.

    :raises WrongDigest: the named archive is not the pinned one.
    :raises UsageError: the named archive does not exist.
    """
    on_path = shutil.which("pulumi")
    found = _working(Path(on_path).resolve().parent, "PATH") if on_path else None
    if found is not None:
        return found
    release = pinned()
    found = _working(_cached(release) / "pulumi", "cache")
    archive = os.environ.get("RACKWRIGHT_PULUMI_ARCHIVE")
    if found is not None or not archive:
        return found
    if not Path(archive).is_file():
        raise UsageError(
            f"RACKWRIGHT_PULUMI_ARCHIVE: {archive} does not exist; {release.archive} is expected"
        )
    check(Path(archive), release.sha256, remove=False)
    unpack(Path(archive), _cached(release))
    return _working(_cached(release) / "pulumi", "archive")


def download(on_bytes: OnBytes) -> Pulumi | None:
    """Fetch the pinned release into the cache.

    :raises Unreachable: it cannot be had now.
    :raises WrongDigest: something else is served under its name.
    """
    release = pinned()
    archive = cache_dir() / "pulumi" / release.archive
    fetch(release.url, release.sha256, archive, on_bytes)
    try:
        unpack(archive, _cached(release))
    finally:
        archive.unlink(missing_ok=True)
    return _working(_cached(release) / "pulumi", "download")


def choose(asked: str | None, on_bytes: OnBytes = lambda have, total: None) -> Choice:
    """The engine for this run.

    :param asked: ``pulumi`` or ``in-process`` where the user has said so; None for the best that can be had.
    :raises UsageError: Pulumi's engine was asked for and cannot be had.
    :raises WrongDigest: an archive is not the pinned one; never passed over in silence.
    """
    if asked not in (None, "pulumi", "in-process"):
        raise UsageError(f"engine {asked!r}: expected pulumi or in-process")
    if asked == "in-process":
        return Choice("in-process", "asked for")
    reason = "the one in place does not run"
    try:
        found = local() or download(on_bytes)
    except Unreachable as error:
        found, reason = None, str(error)
    if found is not None:
        return Choice("pulumi", f"Pulumi {found.version} ({found.source})", found)
    if asked == "pulumi":
        raise UsageError(
            f"Pulumi's engine cannot be had ({reason}); install it, "
            "or name its archive in RACKWRIGHT_PULUMI_ARCHIVE"
        )
    return Choice(
        "in-process", f"Pulumi's engine cannot be had ({reason}); the in-process engine does the same"
    )
