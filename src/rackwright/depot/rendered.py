"""Charts rendered with a cluster's values, so that a deploy needs no chart server and no Helm.

``rendered/<cluster>/<release>.json`` is a List of objects as ``kubectl apply`` takes it, beside it
``<release>.key``: the digest of everything that decided on it. A rendering whose key differs is stale: it is
not deployed, and the next ``depot build CLUSTER`` makes it again from the chart that lies here.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rackwright.atomic import write
from rackwright.depot.place import Place
from rackwright.depot.program import run
from rackwright.depot.record import Held
from rackwright.dra.releases import Release
from rackwright.engine.download import digest
from rackwright.errors import WorldRefused

FORMAT = 1
RENDER_SECONDS = 60
FOLDER = "rendered"
SERVED = "resource.k8s.io/v1"
"""What a chart may take for served; an API server's own word is not to be had here."""
_LABELS = {"pod-security.kubernetes.io/enforce": "privileged"}
"""Plugins of the kubelet's mount its folders and the devices."""


@dataclass(frozen=True, slots=True)
class With:
    """What a chart is rendered with."""

    chart: Held
    archive: Path
    helm: Held
    program: Path
    kubernetes: str
    """Full release, e.g. ``1.37.2``."""

    def key(self, release: Release) -> str:
        """Everything that decides on a rendering, as one digest."""
        parts = [FORMAT, self.chart.sha256, self.helm.version, self.kubernetes]
        parts += [release.name, release.namespace, release.values, list(release.beside)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def path(place: Place, cluster: str, release: str) -> Path:
    """Where a rendering lies."""
    return place.root / FOLDER / cluster / f"{release}.json"


def fresh(place: Place, cluster: str, release: Release, by: With) -> bool:
    """Whether a rendering is there, whole, and of this chart with these values."""
    at = path(place, cluster, release.name)
    noted = at.with_suffix(".key")
    if not (at.is_file() and noted.is_file()):
        return False
    return noted.read_text().split() == [by.key(release), digest(at)]


def make(place: Place, cluster: str, release: Release, by: With) -> Path:
    """Render a chart, unless it is done.

    :raises WorldRefused: Helm refuses the chart or its values, or the chart has what cannot be applied.
    """
    at = path(place, cluster, release.name)
    if fresh(place, cluster, release, by):
        return at
    text = json.dumps(listed(_template(release, by), release), indent=1, sort_keys=True) + "\n"
    at.with_suffix(".key").unlink(missing_ok=True)
    write(at, text)
    write(at.with_suffix(".key"), f"{by.key(release)} {digest(at)}\n")
    return at


def _template(release: Release, by: With) -> str:
    """What ``helm template`` prints; it asks no network: the archive is whole, and its folders are empty."""
    with tempfile.TemporaryDirectory(prefix="rackwright-helm-") as scratch:
        values = Path(scratch) / "values.json"
        values.write_text(json.dumps(release.values), encoding="utf-8")
        home = {f"HELM_{name}_HOME": f"{scratch}/{name.lower()}" for name in ("CACHE", "CONFIG", "DATA")}
        argv: list[str | Path] = [by.program, "template", release.name, by.archive, "--values", values]
        argv += ["--namespace", release.namespace, "--kube-version", by.kubernetes]
        argv += ["--api-versions", SERVED, "--include-crds", "--skip-tests"]
        output = Path(scratch) / "output.yaml"
        argv = ["/bin/sh", "-c", 'out=$1; shift; exec "$@" >"$out"', "sh", output, *argv]
        env = {"PATH": os.environ.get("PATH", ""), "HOME": scratch, **home}
        run(argv, f"render chart {release.name}", cwd=Path(scratch), env=env, timeout=RENDER_SECONDS)
        return output.read_text(encoding="utf-8")


def listed(text: str, release: Release) -> dict[str, Any]:
    """The objects of a rendering, their namespace first.

    :raises WorldRefused: there are none, something is no object, or Helm itself would have to act.
    """
    objects = [each for each in yaml.load_all(text, Loader=yaml.CSafeLoader) if each]
    if not objects:
        raise WorldRefused(
            release.name, "render chart", "no object came of it", "are its parts switched off?"
        )
    for each in objects:
        if not isinstance(each, dict) or not {"apiVersion", "kind", "metadata"} <= each.keys():
            raise WorldRefused(release.name, "render chart", f"no Kubernetes object: {str(each)[:80]!r}")
        if hooks := (each["metadata"].get("annotations") or {}).get("helm.sh/hook"):
            found = f"{each['kind']} {each['metadata'].get('name')} is a hook ({hooks})"
            hint = "only Helm runs hooks; switch it off by the chart's values"
            raise WorldRefused(release.name, "render chart", found, hint)
    objects += release.beside
    own = [each for each in objects if each["kind"] == "Namespace"]
    if not any(each["metadata"]["name"] == release.namespace for each in own):
        meta: Mapping[str, Any] = {"name": release.namespace, "labels": _LABELS}
        objects.insert(0, {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    return {"apiVersion": "v1", "kind": "List", "items": objects}
