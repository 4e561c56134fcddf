"""What a server does when it gets power: find something to boot, as its firmware was told to.

``UefiHttp`` fetches a manifest over the network, from where the server is plugged in, and writes the image
that it names to the disk; ``Hdd`` boots what the disk holds. A seed disc in the virtual drive is what
cloud-init finds.
"""

from __future__ import annotations

import io
import json
import shutil
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import IO, Any

import pycdlib

from rackwright.atomic import write
from rackwright.lab import bootloader, hardware, image, kubelet, machine, netns
from rackwright.lab.bmc.settings import BmcSettings, Memory, folder
from rackwright.lab.factory import machine_id
from rackwright.lab.place import Place

FETCH_S = 20
LARGEST = 64 * 1024 * 1024
SEED = "var/lib/cloud/seed/nocloud"
LABELS = ("cidata", "CIDATA")
BRICK = "/srv/gluster"


class NothingToBoot(Exception):
    """The firmware stops here; the text is what it would show on its console."""


def machine_of(place: Place, bmc: BmcSettings) -> machine.Machine:
    """The server's machine, with its hardware: record, FUSE, data disk, a node's own."""
    hardware_dir = hardware.folder(place, bmc.server)
    hardware_dir.mkdir(parents=True, exist_ok=True)
    binds = []
    if bmc.brick:
        # A plain directory: a brick keeps its marks in extended attributes that an overlay would reserve.
        disk = place.machine(bmc.server) / "data"
        disk.mkdir(parents=True, exist_ok=True)
        binds.append((disk, BRICK))
    # systemd-nspawn mounts what lies below /proc last, from inside: that source is a path of the machine's.
    line = Path(hardware.INSIDE) / machine.COMMAND_LINE
    shown = ((hardware_dir, hardware.INSIDE), (line, "/proc/cmdline"))
    if bmc.node:
        binds += kubelet.binds(place.machine(bmc.server))
        return machine.Machine(place, bmc.server, tuple(binds), shown, arguments=kubelet.ARGUMENTS)
    return machine.Machine(place, bmc.server, tuple(binds), shown)


def fetch(place: Place, server: str, url: str) -> bytes:
    """What lies at a URL, fetched from the BMC's place in the network.

    :raises NothingToBoot: it cannot be had from there.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise NothingToBoot(f"{url}: only http and https can be fetched")

    def work() -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        answer: IO[bytes]
        with opener.open(url, timeout=FETCH_S) as answer:
            data = answer.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise NothingToBoot(f"larger than {LARGEST} bytes")
        return data

    try:
        return netns.inside(place.bmc_netns(server), work)
    except (OSError, ValueError) as problem:
        where = urllib.parse.urlsplit(url)
        raise NothingToBoot(f"{where.scheme}://{where.netloc}: {problem}") from problem


def read_disc(data: bytes) -> dict[str, bytes]:
    """The files in the root of an ISO 9660 image labelled ``cidata``, by name.

    :raises NothingToBoot: it is no such disc.
    """
    disc = pycdlib.PyCdlib()
    try:
        disc.open_fp(io.BytesIO(data))
    except pycdlib.pycdlibexception.PyCdlibException as problem:
        raise NothingToBoot(f"virtual media: not an ISO 9660 image: {problem}") from problem
    try:
        label = disc.pvd.volume_identifier.decode("ascii", "replace").strip()
        if label not in LABELS:
            raise NothingToBoot(f"virtual media: label {label!r}, cloud-init looks for cidata")
        kind = "joliet_path" if disc.has_joliet() else "rr_path" if disc.has_rock_ridge() else "iso_path"
        found: dict[str, bytes] = {}
        for child in disc.list_children(**{kind: "/"}):
            if child is None or child.is_dir():
                continue
            name = _name(child, kind)
            out = io.BytesIO()
            disc.get_file_from_iso_fp(out, **{kind: f"/{name}"})
            found[name.split(";")[0].rstrip(".").lower() if kind == "iso_path" else name] = out.getvalue()
    finally:
        disc.close()
    if not {"user-data", "meta-data"} <= found.keys():
        raise NothingToBoot(f"virtual media: holds {sorted(found)}, a seed has user-data and meta-data")
    return found


def _name(child: Any, kind: str) -> str:  # noqa: ANN401 - pycdlib has no types
    raw = child.file_identifier() if kind != "rr_path" else child.rock_ridge.name()
    return str(raw.decode("utf-16-be" if kind == "joliet_path" else "utf-8"))


def install(place: Place, bmc: BmcSettings, cache: Path, manifest: bytes) -> Path:
    """Write the image that a manifest names to the server's disk; the root image's folder.

    :raises NothingToBoot: the manifest is none, or names an image that the depot does not have.
    """
    try:
        wanted = json.loads(manifest)
        digest = str(wanted["digest"]).removeprefix("sha256:")
    except (ValueError, KeyError, TypeError) as problem:
        raise NothingToBoot("HTTP boot: not an image manifest") from problem
    root = image.path(cache, digest)
    if not root.is_dir():
        raise NothingToBoot(f"HTTP boot: image {digest[:12]} cannot be had")
    built = machine_of(place, bmc)
    machine.blank(built)
    identity = built.upper / "etc/machine-id"
    identity.parent.mkdir(parents=True)
    identity.write_text(machine_id(place.name, f"{bmc.server}.{time.time_ns()}") + "\n")
    bootloader.install(built.upper)
    if bmc.node:
        kubelet.install(place.machine(bmc.server), built.upper)
    write(place.machine(bmc.server) / "disk.json", json.dumps({"image": digest}) + "\n")
    return root


def disk(place: Place, bmc: BmcSettings, cache: Path) -> Path:
    """The root image under the server's disk.

    :raises NothingToBoot: the disk is blank.
    """
    try:
        digest = json.loads((place.machine(bmc.server) / "disk.json").read_text())["image"]
    except (FileNotFoundError, ValueError, KeyError) as problem:
        raise NothingToBoot("No bootable device") from problem
    root = image.path(cache, digest)
    if not root.is_dir():
        raise NothingToBoot(f"the disk's root image {digest[:12]} is gone from the cache")
    return root


def insert_seed(upper: Path, media: Path | None) -> None:
    """Show cloud-init the disc that is in the drive; without one, none."""
    seed = upper / SEED
    if seed.exists():
        shutil.rmtree(seed)
    if media is None:
        return
    seed.mkdir(parents=True)
    seed.chmod(0o700)
    for name, data in read_disc(media.read_bytes()).items():
        target = seed / Path(name).name
        target.touch(mode=0o600)
        target.write_bytes(data)


def boot(place: Place, bmc: BmcSettings, memory: Memory, cache: Path) -> str:
    """Give power and boot; what the firmware did, in words. The server is on in every case."""
    built = machine_of(place, bmc)
    with memory.lock:
        target, uri = memory.boot_target, memory.http_uri
        if memory.boot_once:
            memory.boot_target, memory.boot_once, memory.http_uri = "Hdd", False, ""
            memory.save()
    try:
        if target == "UefiHttp":
            root = install(place, bmc, cache, fetch(place, bmc.server, uri))
        elif target == "Hdd":
            root = disk(place, bmc, cache)
        else:
            raise NothingToBoot(f"{target}: nothing to boot from")
        media = folder(place) / bmc.server / "Cd.iso"
        insert_seed(built.upper, media if media.exists() else None)
        machine.start(built, root)
    except NothingToBoot as problem:
        machine.start_firmware(built, str(problem))
        return str(problem)
    return f"booting from {target}"
