"""Where a cluster's Kubernetes comes from: programs by digest, images and rendered charts, from the depot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rackwright.depot import rendered
from rackwright.depot.deploys import Deploy, deploys
from rackwright.depot.filled import named
from rackwright.depot.load import load_table
from rackwright.depot.place import here
from rackwright.depot.record import Record, load
from rackwright.depot.registry import PORT
from rackwright.depot.table import Arch
from rackwright.dra.releases import Release
from rackwright.engine.download import digest
from rackwright.inventory.about import About
from rackwright.locks.model import HostLock
from rackwright.models.design import Design
from rackwright.models.kubernetes_design import KubernetesDesign
from rackwright.up.depot import url

FOLDER = "artifacts"
ARM = frozenset({"gb200", "gb300"})
"""First words of GPUs that sit beside Arm processors (Grace)."""


def host(design: Design) -> str:
    """The depot's host, as machines reach it."""
    url = design.spec.depot.url
    return url.partition("://")[2].partition("/")[0].partition(":")[0] if url else design.depot.ip


def arch(about: About) -> Arch:
    """Of a server's processors; the control plane's are the usual ones."""
    return _beside(about.sku.gpu or "")


def _beside(gpu: str) -> Arch:
    """Of the processors that a GPU sits beside."""
    return "arm64" if gpu.partition("-")[0] in ARM else "amd64"


def registries(about: About) -> dict[str, Any]:
    """For containerd: publishers' names, from the depot's registry and from nowhere else."""
    row = about.row("kubernetes")
    if about.design.kubernetes is None or row is None or row.artifacts is None:
        return {}
    images = [image.name for table in named(about.lock) for image in load_table(table).images.values()]
    found = {}
    for name in sorted({image.partition("/")[0] for image in images}):
        server = f"http://{host(about.design)}:{PORT}/v2/{name}"
        found[name] = {"server": server, "mirrors": [server], "whole_path": True}
    return found


def programs(about: About, *rows: str) -> dict[str, dict[str, str]]:
    """URL and digest of some files of the depot. Digests are those of the filled depot on this machine; a row
    that it lacks has none: the role says so and stops."""
    row = about.row("kubernetes")
    if row is None or row.artifacts is None:
        return {}
    folder = here().filled(row.artifacts, arch(about))
    record = _record(folder)
    held = {each.name: each for each in record.files if each.kind == "file"} if record else {}
    top = f"{url(about.design)}/{FOLDER}/{folder.name}"
    return {
        name: {"url": f"{top}/{held[name].path}", "sha256": held[name].sha256}
        for name in rows
        if name in held
    }


@dataclass(frozen=True, slots=True)
class Rendered:
    """A chart's release as machines fetch it; ``sha256`` is empty where it is not there, and why."""

    release: Release
    url: str
    sha256: str
    lacks: str


def charts(about: About) -> list[Rendered]:
    """The DRA drivers' releases. A rendering that is older than the chart or its values is not used."""
    design = about.design.kubernetes
    if design is None:
        return []
    return [_rendered(about, each) for each in deployed(about.design.name, design, about.lock)]


def deployed(cluster: str, design: KubernetesDesign, lock: HostLock) -> list[Deploy]:
    """What a cluster deploys, for the processors of its GPU servers."""
    gpu = next((group.gpu.name for group in design.groups), "")
    return deploys(here(), cluster, design, lock, _beside(gpu))


def _rendered(about: About, deploy: Deploy) -> Rendered:
    cluster, release, place = about.design.name, deploy.release, here()
    at = rendered.path(place, cluster, release.name)
    address = f"{url(about.design)}/{FOLDER}/{at.relative_to(place.root)}"
    if deploy.by is None:
        return Rendered(release, address, "", deploy.lacks)
    if not rendered.fresh(place, cluster, release, deploy.by):
        why = f"chart {release.name} is not rendered with these values: run rackwright depot build {cluster}"
        return Rendered(release, address, "", why)
    return Rendered(release, address, digest(at), "")


@lru_cache(maxsize=8)
def _record(folder: Path) -> Record | None:
    """Once per process."""
    return load(folder)
