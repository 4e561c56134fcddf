"""The order of a run: what is looked at before anything changes, and what only when its turn comes."""

from __future__ import annotations

import pytest
from tests.filled_depot import fill

from rackwright.depot.filled import wanted
from rackwright.engine.events import Summary
from rackwright.pipeline import plan
from rackwright.up import run


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """Operation and stack of each run of an engine, which does nothing; the depot is filled."""
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("RACKWRIGHT_DEPOT", str(tmp_path / "depot"))
    fill(tmp_path / "depot", wanted(plan("lab-kubernetes").spec), "amd64")
    monkeypatch.setattr(run.hostkeys, "pin_all", lambda state, addresses: None)
    seen = []

    def pretend(operation, folder, name, config, **_):
        seen.append((operation, name.removeprefix("lab-kubernetes.")))
        return Summary("in-process", operation, name)

    monkeypatch.setattr(run.stack, "run", pretend)
    return seen


def up():
    return run.carry_out("up", plan("lab-kubernetes"), run.Orders(engine="in-process"), lambda *_: None)


def test_kubernetes_comes_last_and_is_looked_at_after_its_control_plane_was_brought_up(ran):
    assert up().exit_code == 0
    first = list(ran)
    assert not any(operation == "refresh" for operation, _ in first)  # nothing has been begun yet
    assert first[-3:] == [("up", "core"), ("up", "su01"), ("up", "kubernetes")]
    ran.clear()
    up()
    begins = ran.index(("up", "core"))
    assert ("refresh", "core") in ran[:begins]
    assert ("refresh", "kubernetes") not in ran[:begins]
    assert ran[-3:] == [("up", "su01"), ("refresh", "kubernetes"), ("up", "kubernetes")]
