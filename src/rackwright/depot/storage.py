"""An OCI layout laid out as the registry program keeps its data, so that it serves from the first moment,
read-only.

The paths are those of the CNCF's distribution registry (``registry/storage/paths.go``), the same in its
versions 2 and 3. Blobs are hard links to the layout's: an image takes its room once. A pod's
``registry.k8s.io/pause:3.10.2`` is the depot's ``registry.k8s.io/pause``, tag ``3.10.2``: two publishers'
images of one name do not meet.
"""

from __future__ import annotations

import json
from pathlib import Path

from rackwright.atomic import write
from rackwright.depot.oci import NAME
from rackwright.depot.place import link

ROOT = Path("docker/registry/v2")


def split(name: str) -> tuple[str, str]:
    """Repository and tag of the depot's registry for an image's name.

    >>> split("registry.k8s.io/coredns/coredns:v1.14.6")
    ('registry.k8s.io/coredns/coredns', 'v1.14.6')
    """
    repository, tag = name.rsplit(":", 1)
    return repository, tag


def blob(registry: Path, sha256: str) -> Path:
    """Where the registry keeps a blob."""
    return registry / ROOT / "blobs" / "sha256" / sha256[:2] / sha256 / "data"


def links(name: str, manifest: str, blobs: list[str]) -> dict[Path, str]:
    """Every link file of an image with its content, below the registry's folder. Digests without
    ``sha256:``.
    """
    repository, tag = split(name)
    base = ROOT / "repositories" / repository
    tags = base / "_manifests" / "tags" / tag
    found = {
        tags / "current" / "link": manifest,
        tags / "index" / "sha256" / manifest / "link": manifest,
        base / "_manifests" / "revisions" / "sha256" / manifest / "link": manifest,
        **{base / "_layers" / "sha256" / each / "link": each for each in blobs},
    }
    return {path: f"sha256:{sha256}" for path, sha256 in found.items()}


def lay_out(layout: Path, registry: Path) -> None:
    """Write the registry's folder from the layout's."""
    for row in json.loads((layout / "index.json").read_text())["manifests"]:
        sha256 = _bare(row["digest"])
        manifest = json.loads((layout / "blobs" / "sha256" / sha256).read_text())
        parts = [_bare(part["digest"]) for part in (manifest["config"], *manifest["layers"])]
        for each in (sha256, *parts):
            if not blob(registry, each).exists():
                link(layout / "blobs" / "sha256" / each, blob(registry, each))
        for path, text in links(row["annotations"][NAME], sha256, parts).items():
            write(registry / path, text)


def _bare(digest: str) -> str:
    return digest.removeprefix("sha256:")
