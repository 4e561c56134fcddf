"""The depot's own Helm, built from its Go module, over the charts of the lab's twins."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from tests.unit.depot.conftest import needs_go
from tests.unit.kubeadm.clusters import planned

from rackwright.depot.fill import fill
from rackwright.depot.load import load_table
from rackwright.depot.place import Place, here, this_arch
from rackwright.depot.rendered import With, make
from rackwright.depot.sources import Job
from rackwright.depot.tell import Tell
from rackwright.dra.releases import Release, releases
from rackwright.errors import WorldRefused

pytestmark = [pytest.mark.slow, needs_go]
CHARTS = {"dra-driver-nvidia-gpu": "lab-dra-driver-nvidia-gpu-0.4.1", "dranet": "lab-dranet-1.0.1"}


@pytest.fixture(scope="module")
def helm() -> tuple[Place, With]:
    """Built into this user's own depot: a second run takes it from there."""
    place, arch = here(), this_arch()
    load_table.cache_clear()
    job = Job(place, "helm-4.3.1", load_table("helm-4.3.1"), arch, Tell(Console(file=io.StringIO())))
    [held] = fill(job, archive=None).files
    return place, With(held, Path(), held, place.filled("helm-4.3.1", arch) / held.path, "1.37.2")


def by(helm: tuple[Place, With], name: str, tmp_path: Path) -> With:
    """With a twin's chart, packed into a depot of the test's own."""
    from rackwright.depot import charts

    place = Place(tmp_path / "depot")
    table = load_table(CHARTS[name])
    job = Job(place, CHARTS[name], table, "amd64", Tell(Console(file=io.StringIO())))
    held = charts.bring(job, name, table.charts[name])
    return replace(helm[1], chart=held, archive=place.file(held.sha256))


def release(name: str) -> Release:
    found = planned().design.kubernetes
    assert found is not None
    return next(each for each in releases(found) if each.name == name)


@pytest.mark.parametrize("name", CHARTS)
def test_a_twins_chart_is_rendered_without_a_network(
    helm: tuple[Place, With], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    at = make(Place(tmp_path / "depot"), "lab", release(name), by(helm, name, tmp_path))
    items = json.loads(at.read_text())["items"]
    kinds = [each["kind"] for each in items]
    assert kinds[0] == "Namespace"
    assert {"DaemonSet", "ServiceAccount", "ClusterRole", "DeviceClass"} <= set(kinds)
    classes = [each for each in items if each["kind"] == "DeviceClass"]
    assert {each["apiVersion"] for each in classes} == {"resource.k8s.io/v1"}
    assert make(Place(tmp_path / "depot"), "lab", release(name), by(helm, name, tmp_path)) == at


def test_a_chart_that_refuses_its_values_is_said(helm: tuple[Place, With], tmp_path: Path) -> None:
    name = "dra-driver-nvidia-gpu"
    wrong = replace(release(name), values={"gpuResourcesEnabledOverride": False})
    with pytest.raises(WorldRefused, match="render chart dra-driver-nvidia-gpu"):
        make(Place(tmp_path / "depot"), "lab", wrong, by(helm, name, tmp_path))
