"""Kubernetes whose depot is not filled: refused, or left out where that is allowed; said and kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.filled_depot import fill

from rackwright.errors import WorldRefused
from rackwright.paths import state_dir
from rackwright.pipeline import Planned, plan
from rackwright.up import left_out, shards
from rackwright.up.run import Orders, _left_out
from rackwright.up.software import software

TABLES = ["kubernetes-1.37.2", "lab-dra-driver-nvidia-gpu-0.4.1", "lab-dranet-1.0.1"]
"""Of the lab's lock."""

NODES = {"cni", "kubernetes", "gpu_sharing", "dra_driver"}
"""Roles that a server has for Kubernetes alone."""


def why(tables: list[str]) -> str:
    """Each table is named, and the one command that fills them all."""
    lacks = ", ".join(f"{table} for amd64" for table in tables)
    return f"no filled depot of {lacks}; run rackwright depot build lab --arch amd64: some ten minutes, once"


WHY = why(TABLES)


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planned:
    monkeypatch.setenv("RACKWRIGHT_DEPOT", str(tmp_path / "depot"))
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "state"))
    return plan("lab")


def kept(planned: Planned) -> Path:
    return state_dir(planned.design.name) / "platform-left-out"


def roles(planned: Planned) -> set[str]:
    found = (software(planned, shard) for shard in ("core", "su01"))
    return {role for shard in found for _, names in shard.values() for role in names}


def names(planned: Planned) -> list[str]:
    return [step.name for step in shards.steps(left_out.brought_up(planned))]


def test_nobody_asked_to_leave_it_out(planned: Planned) -> None:
    with pytest.raises(WorldRefused, match="--platform-optional") as caught:
        left_out.settle(planned, allowed=False)
    assert WHY in str(caught.value)
    assert caught.value.exit_code == 3
    assert not kept(planned).exists()
    assert {"cni", "kubernetes"} <= roles(planned)


def test_what_is_left_out_is_kept_in_one_line_and_leaves_the_rest_alone(planned: Planned) -> None:
    before, every = roles(planned), names(planned)
    assert left_out.settle(planned, allowed=True) == WHY
    assert kept(planned).read_text() == f"{WHY}\n"
    assert before - roles(planned) == left_out.roles(planned) == NODES
    assert [name for name in every if name not in names(planned)] == ["kubernetes"]


def test_what_was_filled_since_is_no_longer_left_out(planned: Planned, tmp_path: Path) -> None:
    left_out.settle(planned, allowed=True)
    for number, table in enumerate(TABLES):
        assert left_out.reason(planned) == why(TABLES[number:]), "one of them is not enough"
        fill(tmp_path / "depot", [table], "amd64")
    assert left_out.reason(planned) == ""
    assert "kubernetes" in roles(planned)
    assert left_out.roles(planned) == frozenset()
    assert kept(planned).exists(), "no `up` has brought it up yet: its checks are not measured"
    assert left_out.settle(planned, allowed=True) == ""
    assert not kept(planned).exists()


def test_each_operation_on_a_depot_that_is_not_filled(planned: Planned) -> None:
    optional = Orders(optional=True)
    assert _left_out("preview", planned, optional) == "", "nothing was left out yet"
    assert _left_out("up", planned, Orders(layers=("fabric",))) == "", "a switch needs no depot"
    with pytest.raises(WorldRefused):
        _left_out("up", planned, Orders(layers=("fabric", "platform")))
    assert _left_out("up", planned, optional) == WHY
    assert _left_out("preview", planned, Orders()) == _left_out("refresh", planned, Orders()) == WHY
    assert _left_out("destroy", planned, Orders()) == "", "what was brought up before must go"


def test_a_cluster_without_kubernetes_leaves_nothing_out(planned: Planned) -> None:
    plain = replace(
        planned, design=left_out.without(planned.design), spec=left_out.without(planned.design).spec
    )
    assert left_out.settle(plain, allowed=False) == ""
