"""Which tables a cluster is served from, and the line that says what is not filled of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.filled_depot import fill
from tests.plain_lab import plain_lab

from rackwright.depot.filled import earlier, lacking, named, wanted
from rackwright.locks import load_lock
from rackwright.locks.load import names
from rackwright.models.spec import ClusterSpec
from rackwright.pipeline import plan


@pytest.fixture(autouse=True)
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RACKWRIGHT_DEPOT", str(tmp_path))
    return tmp_path


def test_kubernetes_comes_first_and_a_table_once() -> None:
    assert wanted(plan("lab").spec) == named(load_lock("lab-h100-debian13-kubernetes"))
    assert wanted(plan("lab").spec)[0].startswith("kubernetes-")
    assert wanted(ClusterSpec.model_validate(plain_lab())) == []


@pytest.mark.parametrize("name", [name for name in names() if name.startswith("lab-")])
def test_the_labs_clusters_are_of_what_can_be_had_without_a_publisher(name: str) -> None:
    """Upstream's drivers have no digest, and would leave the lab's Kubernetes out for good."""
    found = named(load_lock(name))
    if any(table.startswith("kubernetes-") for table in found):
        assert all(table.startswith(("kubernetes-", "lab-")) for table in found), found


@pytest.mark.parametrize("arches", [["amd64"], ["arm64", "amd64", "amd64"]])
def test_a_command_fills_all_that_an_architecture_lacks(depot: Path, arches: list[str]) -> None:
    fill(depot, ["helm-4.3.1"], "amd64")
    said = lacking("moon", ["kubernetes-1.37.2", "helm-4.3.1", "lab-dranet-1.0.1"], arches)  # type: ignore[arg-type]
    what, _, orders = said.partition("; run ")
    assert ("helm-4.3.1 for arm64" in what) == ("arm64" in arches)
    assert "helm-4.3.1 for amd64" not in what
    wanted = [f"rackwright depot build moon --arch {arch}" for arch in sorted(set(arches))]
    assert orders == f"{' and '.join(wanted)}: some ten minutes, once"
    assert "\n" not in said


def test_nothing_is_said_of_what_is_filled(depot: Path) -> None:
    fill(depot, ["kubernetes-1.37.2"], "arm64")
    assert lacking("moon", ["kubernetes-1.37.2"], ["arm64"]) == ""
    assert lacking("moon", [], ["arm64"]) == ""


def test_of_the_locks_before_only_what_is_not_the_locks_own() -> None:
    assert earlier("lab-h100-ubuntu2404-kubernetes") == ["kubernetes-1.36.3"]
    assert earlier("h100-debian13") == []
