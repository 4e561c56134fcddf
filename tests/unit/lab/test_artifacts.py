"""What the lab's depot serves of a cluster's Kubernetes: what is filled, and a reason where nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plain_lab import plain_lab

from rackwright.depot.place import this_arch
from rackwright.depot.record import FILE, Record
from rackwright.lab.depot import artifacts
from rackwright.models.spec import ClusterSpec
from rackwright.pipeline import plan

TABLE = "kubernetes-1.37.2"


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RACKWRIGHT_DEPOT", str(tmp_path))
    return tmp_path / f"{TABLE}-{this_arch()}"


def test_a_depot_that_is_not_filled_is_said_in_one_line(depot: Path) -> None:
    spec = plan("lab").spec
    assert artifacts.folder(spec) is None
    said = artifacts.lacking(spec)
    assert f"rackwright depot build {TABLE}" in said
    assert "\n" not in said


def test_a_filled_one_is_served(depot: Path) -> None:
    depot.mkdir()
    (depot / FILE).write_text(Record(TABLE, "1.37.2", this_arch(), ()).text())
    spec = plan("lab").spec
    assert artifacts.folder(spec) == depot
    assert artifacts.lacking(spec) == ""


def test_a_cluster_without_kubernetes_lacks_nothing(depot: Path) -> None:
    spec = ClusterSpec.model_validate(plain_lab())
    assert artifacts.folder(spec) is None
    assert artifacts.lacking(spec) == ""
