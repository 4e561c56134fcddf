"""An OCI image layout: blobs by digest, a manifest and a configuration for each image, one index.

The format is the OCI image specification's, version 1.1; skopeo, containerd and registries read it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rackwright.atomic import write

CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
EPOCH = "1970-01-01T00:00:00Z"
"""Images carry no time of their own: the same content is the same digest."""
NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
"""containerd's import takes the whole name from here."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob of the layout."""

    media: str
    sha256: str
    size: int

    @property
    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": self.media, "digest": f"sha256:{self.sha256}", "size": self.size}


@dataclass(frozen=True, slots=True)
class Image:
    """What an image's configuration says beside its layers."""

    name: str
    arch: str
    entrypoint: tuple[str, ...]
    path: str
    """``PATH`` of its processes."""
    labels: Mapping[str, str]


def canonical(value: Any) -> bytes:  # noqa: ANN401 (any JSON)
    """JSON of which there is one text only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Layout:
    """An OCI layout in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifests: list[dict[str, Any]] = []
        (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)

    def blob(self, sha256: str) -> Path:
        """Where a blob lies."""
        return self.folder / "blobs" / "sha256" / sha256

    def put(self, content: bytes, media: str) -> Blob:
        """Add a small blob."""
        sha256 = hashlib.sha256(content).hexdigest()
        write(self.blob(sha256), content)
        return Blob(media, sha256, len(content))

    def move(self, layer: Path, sha256: str) -> Blob:
        """Add a layer that has been written beside the layout."""
        size = layer.stat().st_size
        os.replace(layer, self.blob(sha256))
        self.blob(sha256).chmod(0o644)
        return Blob(LAYER, sha256, size)

    def add(self, image: Image, layer: Blob) -> Blob:
        """Add an image of one layer; its manifest."""
        config = {
            "architecture": image.arch,
            "config": {
                "Entrypoint": list(image.entrypoint),
                "Env": [f"PATH={image.path}"],
                "Labels": dict(image.labels),
                "WorkingDir": "/",
            },
            "created": EPOCH,
            "history": [{"created": EPOCH, "created_by": "rackwright depot build"}],
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.sha256}"]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.put(canonical(config), CONFIG).descriptor,
            "layers": [layer.descriptor],
            "annotations": dict(image.labels),
        }
        blob = self.put(canonical(manifest), MANIFEST)
        self.name(blob, image.name, image.arch)
        return blob

    def name(self, manifest: Blob, image: str, arch: str) -> None:
        """Enter a manifest that is there under an image's name."""
        self._manifests.append(
            {
                **manifest.descriptor,
                "platform": {"architecture": arch, "os": "linux"},
                "annotations": {NAME: image, CONTAINERD_NAME: image},
            }
        )

    def finish(self) -> None:
        """Write the index."""
        manifests = sorted(self._manifests, key=lambda row: str(row["annotations"][NAME]))
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
        write(self.folder / "index.json", canonical(index))
        write(self.folder / "oci-layout", canonical({"imageLayoutVersion": "1.0.0"}))
