"""Where a cluster's Kubernetes comes from: programs by digest, and images, from the depot."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from rackwright.depot.place import here
from rackwright.depot.record import Record, load
from rackwright.depot.registry import PORT
from rackwright.depot.table import Arch
from rackwright.inventory.about import About
from rackwright.models.design import Design
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
    name = about.sku.gpu or ""
    return "arm64" if name.partition("-")[0] in ARM else "amd64"


def registries(about: About) -> dict[str, Any]:
    """For containerd: upstream's names, from the depot's registry and from nowhere else."""
    row = about.row("kubernetes")
    if about.design.kubernetes is None or row is None or row.artifacts is None:
        return {}
    server = f"http://{host(about.design)}:{PORT}/v2/registry.k8s.io"
    return {"registry.k8s.io": {"server": server, "mirrors": [server], "whole_path": True}}


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


@lru_cache(maxsize=8)
def _record(folder: Path) -> Record | None:
    """Once per process."""
    return load(folder)
