"""What a cluster deploys from the depot: each chart's release with what it is rendered with, or why not."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.depot.load import load_table
from rackwright.depot.place import Place, this_arch
from rackwright.depot.record import Held, load
from rackwright.depot.rendered import With
from rackwright.depot.table import Arch
from rackwright.dra.releases import Release, from_depot
from rackwright.locks.model import HostLock
from rackwright.models.kubernetes_design import KubernetesDesign

HELM = "helm"


@dataclass(frozen=True, slots=True)
class Deploy:
    """One release. ``by`` is None where it cannot be rendered; ``lacks`` says why."""

    release: Release
    by: With | None = None
    lacks: str = ""


def deploys(place: Place, cluster: str, design: KubernetesDesign, lock: HostLock, arch: Arch) -> list[Deploy]:
    """Every release that comes from the depot.

    :param cluster: its name, for what is said.
    """
    return [_deploy(place, cluster, each, design, table, arch) for each, table in from_depot(design, lock)]


def _deploy(
    place: Place, cluster: str, release: Release, design: KubernetesDesign, name: str, arch: Arch
) -> Deploy:
    table = load_table(name)
    if release.name not in table.charts:
        return Deploy(release, lacks=f"{name} has no chart {release.name}")
    build = f"run rackwright depot build {cluster}"
    chart = _held(place, name, arch, "chart", release.name)
    helm = _held(place, table.helm or name, this_arch(), "file", HELM)
    if chart is None or helm is None:
        what = "chart" if chart is None else "helm"
        return Deploy(release, lacks=f"the depot has no {what} of {release.name}: {build}")
    archive = place.filled(name, arch) / chart.path
    program = place.filled(table.helm or name, this_arch()) / helm.path
    return Deploy(release, With(chart, archive, helm, program, design.release or f"{design.line}.0"))


def _held(place: Place, table: str, arch: Arch, kind: str, name: str) -> Held | None:
    record = load(place.filled(table, arch))
    files = record.files if record else ()
    return next((each for each in files if (each.kind, each.name) == (kind, name)), None)
