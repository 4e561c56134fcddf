"""Fill a depot: a signed apt repository (vendors' twins and Debian's own closure) and the image manifests.

A filling is kept in the cache by the digest of what went in, and appears under its name only when it is
whole. It carries a host lock and the locks that machines come to it from.
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
from rackwright.lab import image, twins
from rackwright.lab.command import run
from rackwright.lab.depot import debian, listing, real
from rackwright.lab.depot.signing import public_key, sign
from rackwright.lab.progress import Steps
from rackwright.locks import load_lock
from rackwright.locks.lineage import lineage

SUITE = "rackwright"
COMPONENT = "main"
FORMAT = 2
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

    :raises WorldRefused: the mirror or a tool refused, or has no package that a row of the lock names.
    """
    root = cache / "lab" / "depot"
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    locks = lineage(lock)
    with steps.of("Depot", STAGES) as advance, tempfile.TemporaryDirectory(dir=root, prefix=TWINS) as fresh:
        debs = sorted({deb for each in locks for deb in twins.build(Path(fresh), each.name)})
        asked, plain = real.wanted(locks), sorted(set(twins.DEBIAN_PACKAGES))
        key, system = public_key(cache), image.digest(locks[0].image)
        words = [f"{item.package}={item.version}" for item in asked]
        folder = root / _digest(debs, system, lock, key, *plain, *words)[:32]
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
            origins = {_identity(deb): ("twin", "simulated") for deb in pool.iterdir()}
            advance(1, f"fetching {len(plain) + len(asked)} packages and what they need")
            origins |= debian.fill(cache, locks[0].image, plain, asked, pool)
            advance(1, "writing the index")
            index = write_index(target / "apt")
            listing.save(target, listing.entries(index, origins))
            sign(cache, target / "apt" / "dists" / SUITE)
            write(target / "apt" / "key.asc", key)
            advance(1, "writing the images")
            manifest(target, lock)
            advance(1)
    return folder


def _identity(deb: Path) -> tuple[str, str]:
    name, version, _ = deb.name.removesuffix(".deb").split("_")
    return name, version.replace("%3a", ":")


def _sweep(root: Path) -> None:
    """What a killed run left; another run of this moment keeps its own."""
    for left in root.glob(f"{TWINS}*"):
        if time.time() - left.stat().st_mtime > LEFT_OVER_S:
            shutil.rmtree(left, ignore_errors=True)


def write_index(apt: Path) -> str:
    """Packages and Release files of the repository in ``apt``; the text of the first."""
    binary = apt / "dists" / SUITE / COMPONENT / f"binary-{twins.architecture()}"
    binary.mkdir(parents=True)
    text = run(["apt-ftparchive", "packages", "pool"], "index the depot", timeout=120, cwd=apt)
    (binary / "Packages").write_text(text)
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
    described = run(
        ["apt-ftparchive", *arguments, "release", str(release)], "describe the depot", timeout=120
    )
    (release / "Release").write_text(described)
    return text


def manifest(target: Path, lock: str) -> None:
    """The image manifest that a server's firmware fetches: name and digest."""
    name = load_lock(lock).image
    document = {"name": name, "digest": f"sha256:{image.digest(name)}", "simulated": True}
    write(target / "images" / f"{name}.json", json.dumps(document, indent=1) + "\n")
