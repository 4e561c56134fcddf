"""What the lab's depot serves of a cluster's Kubernetes: what is filled, and a reason where nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.filled_depot import fill
from tests.plain_lab import plain_lab

from rackwright.depot.place import this_arch
from rackwright.lab.depot import artifacts
from rackwright.models.spec import ClusterSpec
from rackwright.pipeline import plan

TABLES = ["kubernetes-1.37.2", "lab-dra-driver-nvidia-gpu-0.4.1", "lab-dranet-1.0.1"]
"""Of the lock of both clusters below."""
BEFORE = "kubernetes-1.36.3"
"""Of the lock that machines come from to lab-kubernetes'."""


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RACKWRIGHT_DEPOT", str(tmp_path))
    return tmp_path


def test_a_depot_that_is_not_filled_is_said_in_one_line(depot: Path) -> None:
    spec = plan("lab").spec
    assert artifacts.folders(spec) == []
    said = artifacts.lacking(spec)
    assert all(f"{table} for {this_arch()}" in said for table in TABLES)
    assert said.count("rackwright depot build lab --arch") == said.count("rackwright") == 1
    assert "\n" not in said


def test_filled_ones_are_served_when_all_of_them_are(depot: Path) -> None:
    spec = plan("lab").spec
    made = fill(depot, TABLES[:-1], this_arch())
    assert artifacts.folders(spec) == []
    said = artifacts.lacking(spec)
    assert [table for table in TABLES if table in said] == TABLES[-1:]
    made += fill(depot, TABLES[-1:], this_arch())
    assert artifacts.folders(spec) == made
    assert artifacts.lacking(spec) == ""


def test_of_the_lock_before_what_is_there_is_served_last(depot: Path) -> None:
    spec = plan("lab-kubernetes").spec
    old = fill(depot, [BEFORE], this_arch())
    assert artifacts.folders(spec) == [], "the lock's own are not filled"
    made = fill(depot, TABLES, this_arch())
    assert artifacts.folders(spec) == [*made, *old]


def test_a_cluster_without_kubernetes_lacks_nothing(depot: Path) -> None:
    spec = ClusterSpec.model_validate(plain_lab())
    assert artifacts.folders(spec) == []
    assert artifacts.lacking(spec) == ""
