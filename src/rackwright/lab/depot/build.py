"""Fill a depot: a signed apt repository (vendors' twins and Debian's own closure) and the image manifests.

A filling is kept in the cache by the digest of what went in, and appears under its name only when it is
whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from rackwright.atomic import write
from rackwright.lab import image, mirror, twins
from rackwright.lab.command import run
from rackwright.lab.depot.signing import public_key, sign
from rackwright.lab.progress import Steps
from rackwright.lab.stream import stream
from rackwright.locks import load_lock

SUITE = "rackwright"
COMPONENT = "main"
FORMAT = 1
STAGES = 5
TWINS = ".twins."
LEFT_OVER_S = 3600


def _digest(files: Iterable[Path], *words: str) -> str:
    total = hashlib.sha256(json.dumps([FORMAT, *words]).encode())
    for path in sorted(files):
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def ensure(cache: Path, lock: str, steps: Steps) -> Path:
    """The depot's folder for a host lock; filled when it is not in the cache. The root image must be there.

    :raises WorldRefused: the mirror or a tool refused.
    """
    root = cache / "lab" / "depot"
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    with steps.of("Depot", STAGES) as advance, tempfile.TemporaryDirectory(dir=root, prefix=TWINS) as fresh:
        debs = twins.build(Path(fresh), lock)
        wanted = sorted(set(twins.DEBIAN_PACKAGES))
        key = public_key(cache)
        folder = root / _digest(debs, image.digest(), lock, key, *wanted)[:32]
        advance(1, "twins are built")
        if folder.exists():
            advance(STAGES - 1)
            return folder
        with image.building(folder) as target:
            if target == folder:
                return folder
            pool = target / "apt" / "pool"
            pool.mkdir(parents=True)
            for deb in debs:
                shutil.move(deb, pool / deb.name)
            advance(1, f"fetching {len(wanted)} packages and what they need")
            closure(cache, wanted, pool)
            advance(1, "writing the index")
            index(target / "apt")
            sign(cache, target / "apt" / "dists" / SUITE)
            write(target / "apt" / "key.asc", key)
            advance(1, "writing the images")
            manifest(target, lock)
            advance(1)
    return folder


def _sweep(root: Path) -> None:
    """What a killed run left; another run of this moment keeps its own."""
    for left in root.glob(f"{TWINS}*"):
        if time.time() - left.stat().st_mtime > LEFT_OVER_S:
            shutil.rmtree(left, ignore_errors=True)


def closure(cache: Path, packages: list[str], pool: Path) -> None:
    """Fetch packages, and whatever of their dependencies the root image lacks, from Debian's mirror."""
    if not packages:
        return
    work = pool.parent / "fetch"
    for name in ("lists/partial", "archives/partial", "etc"):
        (work / name).mkdir(parents=True)
    (work / "etc/sources.list").write_text(mirror.find().line(image.SUITE) + "\n")
    options = [
        f"Dir::Etc={work}/etc", f"Dir::Etc::SourceList={work}/etc/sources.list", "Dir::Etc::SourceParts=-",
        "Dir::Etc::Preferences=-", "Dir::Etc::PreferencesParts=-", f"Dir::State={work}",
        f"Dir::State::Lists={work}/lists", f"Dir::Cache={work}", f"Dir::Cache::Archives={work}/archives",
        f"Dir::State::Status={image.path(cache) / 'var/lib/dpkg/status'}", "APT::Install-Recommends=false",
        "APT::Sandbox::User=root", "Acquire::Retries=3", "Debug::NoLocking=true",
    ]  # fmt: skip
    apt = ["apt-get", "-q", "-y", *(word for option in options for word in ("-o", option))]
    stream([*apt, "update"], "read Debian's package lists", timeout=180)
    # What the image already holds is fetched too when a role names it, so that the depot has every name in
    # the lock.
    stream([*apt, "install", "--download-only", *packages], "fetch Debian packages", timeout=400)
    for deb in (work / "archives").glob("*.deb"):
        shutil.move(deb, pool / deb.name)
    shutil.rmtree(work)


def index(apt: Path) -> None:
    """Packages and Release files of the repository in ``apt``."""
    binary = apt / "dists" / SUITE / COMPONENT / f"binary-{twins.architecture()}"
    binary.mkdir(parents=True)
    listing = run(["apt-ftparchive", "packages", "pool"], "index the depot", timeout=120, cwd=apt)
    (binary / "Packages").write_text(listing)
    options = {
        "Origin": "rackwright",
        "Label": "rackwright lab depot",
        "Suite": SUITE,
        "Codename": SUITE,
        "Components": COMPONENT,
        "Architectures": twins.architecture(),
    }
    arguments = [
        word for key, value in options.items() for word in ("-o", f"APT::FTPArchive::Release::{key}={value}")
    ]
    release = apt / "dists" / SUITE
    text = run(["apt-ftparchive", *arguments, "release", str(release)], "describe the depot", timeout=120)
    (release / "Release").write_text(text)


def manifest(target: Path, lock: str) -> None:
    """The image manifest that a server's firmware fetches: name and digest."""
    name = str(load_lock(lock).image)
    document = {"name": name, "digest": f"sha256:{image.digest()}", "simulated": True}
    write(target / "images" / f"{name}.json", json.dumps(document, indent=1) + "\n")
