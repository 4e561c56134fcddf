"""Publishers' images: copied from their registry by digest, kept as one archive of blobs.

Blobs are fetched as releases are: by digest, continued after a break, and no program is needed for it.
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

from rackwright.depot import layer, oci
from rackwright.depot.member import opened
from rackwright.depot.pull import Remote
from rackwright.depot.record import Held, HeldImage
from rackwright.depot.sources import Job
from rackwright.depot.table import Copied
from rackwright.engine.download import Unreachable, WrongDigest, digest
from rackwright.errors import WorldRefused

MANIFEST = "manifest.json"
BLOBS = "blobs/sha256"


def bring(job: Job, row: str, image: str, pin: Copied) -> Held:
    """An image in the store.

    :param row: of the table.
    :param image: as a pod names it.
    :raises Unreachable: its digest is not known, or it cannot be had now.
    :raises WrongDigest: something else is served under its name.
    """
    repository = image.rsplit(":", 1)[0]
    if pin.sha256 is None:
        raise Unreachable(f"image refused: the table has no digest of {image}")
    remote = Remote(repository, job.hosts)
    with job.tell.work(f"fetch image {row}") as work:
        content, said = remote.manifest(pin.sha256)
        if "manifests" in said:
            content, said = remote.manifest(_of(said, job.arch, image))
        parts = [remote.blob(job.place, each["digest"], work.bytes) for each in _parts(said, image)]
    entries = [layer.Entry(MANIFEST, 0o644, content=content)]
    entries += [layer.Entry(f"{BLOBS}/{part}", 0o644, content=job.place.file(part)) for part in parts]
    fresh = job.place.downloads / f".{row}.image"
    try:
        layer.write(entries, fresh)
        sha256 = job.place.keep(fresh)
    finally:
        fresh.unlink(missing_ok=True)
    size = job.place.file(sha256).stat().st_size
    of = f"{repository}@sha256:{pin.sha256}"
    return Held(row, "image", version(image), pin.licence, pin.source, sha256, size, "release", of)


def version(image: str) -> str:
    """Of an image, from its tag.

    >>> version("registry.k8s.io/networking/dranet:v1.3.0")
    '1.3.0'
    """
    return image.rsplit(":", 1)[1].removeprefix("v")


def pinned(image: str, pin: Copied, held: Held) -> bool:
    """Whether an image that lies somewhere is the one that the table pins."""
    return pin.sha256 is not None and held.of == f"{image.rsplit(':', 1)[0]}@sha256:{pin.sha256}"


def lay(layout: oci.Layout, name: str, arch: str, held: Held, archive: Path) -> HeldImage:
    """Put an image into the depot's layout.

    :raises WorldRefused: the archive is not one of ours.
    """
    with opened(archive, MANIFEST) as file:
        content = file.read() if file else b"{}"
    said = json.loads(content)
    blobs = [each["digest"].removeprefix("sha256:") for each in _parts(said, name)]
    size = 0
    with tarfile.open(archive) as tar:
        for sha256 in blobs:
            source = tar.extractfile(f"{BLOBS}/{sha256}")
            target = layout.blob(sha256)
            if source is not None and not target.exists():
                with target.open("wb") as out:
                    while chunk := source.read(1 << 20):
                        out.write(chunk)
            if not target.exists() or digest(target) != sha256:
                raise WorldRefused(
                    name, "lay out", f"{archive.name} lacks blob {sha256}", "build the depot again"
                )
            size += target.stat().st_size
    manifest = layout.put(content, said.get("mediaType") or oci.MANIFEST)
    layout.name(manifest, name, arch)
    return HeldImage(name, f"sha256:{manifest.sha256}", size, held.licence, (held.name,))


def _of(index: dict[str, Any], arch: str, image: str) -> str:
    """Digest of an architecture's manifest, in an index."""
    for each in index["manifests"]:
        platform = each.get("platform") or {}
        if platform.get("os") == "linux" and platform.get("architecture") == arch:
            return str(each["digest"]).removeprefix("sha256:")
    raise WrongDigest(f"{image}: its index has no linux/{arch}")


def _parts(manifest: dict[str, Any], image: str) -> list[dict[str, Any]]:
    """Configuration and layers."""
    if not isinstance(manifest.get("config"), dict) or not manifest.get("layers"):
        raise WrongDigest(f"{image}: its manifest has no configuration and layers")
    return [manifest["config"], *manifest["layers"]]
