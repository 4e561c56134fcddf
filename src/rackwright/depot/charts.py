"""Helm charts: from a registry or a web server by digest, or packed from a folder of this tree."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path
from typing import Any

import yaml

from rackwright.depot import release
from rackwright.depot.member import opened
from rackwright.depot.pull import Remote
from rackwright.depot.record import Held
from rackwright.depot.sources import Job
from rackwright.depot.table import ChartRow
from rackwright.engine.download import Unreachable, WrongDigest
from rackwright.paths import home

CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
"""Media type of a chart's archive in a registry (Helm's own)."""


def bring(job: Job, name: str, row: ChartRow) -> Held:
    """A chart in the store.

    :raises Unreachable: its digest is not known, or it cannot be had now.
    :raises WrongDigest: something else is served under its name, or is no chart of this version.
    """
    if row.folder is not None:
        sha256, origin, of = _packed(job, name, home() / row.folder), "tree", row.folder
    elif row.sha256 is None or row.url is None:
        raise Unreachable(f"chart refused: the table has no digest of {row.url}")
    else:
        with job.tell.work(f"fetch chart {name}") as work:
            if row.url.startswith("oci://"):
                remote = Remote(row.url.removeprefix("oci://"), job.hosts)
                sha256 = remote.blob(job.place, _layer(remote, row.sha256), work.bytes)
                of = f"{row.url}@sha256:{row.sha256}"
            else:
                release.bring(job.place, row.url, row.sha256, job.hosts, work.bytes)
                sha256, of = row.sha256, row.url
        origin = "release"
    path = job.place.file(sha256)
    _prove(path, row.version, of)
    return Held(name, "chart", row.version, row.licence, row.source, sha256, path.stat().st_size, origin, of)


def pinned(row: ChartRow, held: Held) -> bool:
    """Whether a chart that lies somewhere is the one that the table pins."""
    if row.folder is not None:
        return held.origin == "tree"  # its bytes are remade and compared where the tree is
    if row.url is None or row.sha256 is None:
        return False
    if row.url.startswith("oci://"):
        return held.of == f"{row.url}@sha256:{row.sha256}"
    return held.sha256 == row.sha256


def _layer(remote: Remote, sha256: str) -> str:
    """Digest of the chart's archive, from its manifest."""
    _, said = remote.manifest(sha256)
    found = [each["digest"] for each in said.get("layers") or () if each.get("mediaType") == CONTENT]
    if len(found) != 1:
        raise WrongDigest(f"{remote.name}@sha256:{sha256}: found {len(found)} charts in it, expected one")
    return str(found[0])


def _packed(job: Job, name: str, folder: Path) -> str:
    """Pack a folder as Helm does; the same bytes for the same files. sha256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    title = yaml.safe_load((folder / "Chart.yaml").read_text(encoding="utf-8"))["name"]
    fresh = job.place.downloads / f".{name}.chart"
    fresh.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            fresh.open("wb") as raw,
            # Not compressed: what a compressor makes depends on its version.
            gzip.GzipFile("", "wb", compresslevel=0, fileobj=raw, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
        ):
            for path in files:
                content = path.read_bytes()
                info = tarfile.TarInfo(f"{title}/{path.relative_to(folder)}")
                info.mode, info.size = 0o644, len(content)
                tar.addfile(info, io.BytesIO(content))
        return job.place.keep(fresh)
    finally:
        fresh.unlink(missing_ok=True)


def _prove(path: Path, version: str, of: str) -> None:
    """:raises WrongDigest: it is no chart, or one of another version."""
    said = about(path)
    if str(said.get("version")).removeprefix("v") != version:
        raise WrongDigest(f"{of}: found a chart of version {said.get('version')}, expected {version}")


def about(path: Path) -> dict[str, Any]:
    """What a chart's archive says of itself (Chart.yaml).

    :raises WrongDigest: it is none.
    """
    try:
        with tarfile.open(path) as tar:
            inside = [
                each.name for each in tar if each.name.endswith("/Chart.yaml") and each.name.count("/") == 1
            ]
        with opened(path, inside[0] if inside else "Chart.yaml") as file:
            said = yaml.safe_load(file.read()) if file else None
    except (tarfile.TarError, OSError, EOFError, yaml.YAMLError) as problem:
        raise WrongDigest(f"{path.name}: no chart: {problem}") from problem
    if not isinstance(said, dict):
        raise WrongDigest(f"{path.name}: no chart: it has no Chart.yaml")
    return said
