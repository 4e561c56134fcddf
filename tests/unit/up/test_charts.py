"""Charts that an `up` renders anew: those whose values have changed, and no others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rackwright.depot import rendered
from rackwright.pipeline import plan
from rackwright.up import charts


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three releases: one is fresh, one is stale, one the depot lacks."""
    found: list[str] = []
    releases = [
        SimpleNamespace(release=SimpleNamespace(name=name), by=by)
        for name, by in (("fresh", object()), ("stale", object()), ("absent", None))
    ]
    monkeypatch.setattr(charts, "deployed", lambda *_: releases)
    monkeypatch.setattr(rendered, "fresh", lambda _place, _name, release, _by: release.name == "fresh")

    def make(_place: Any, cluster: str, release: Any, _by: Any) -> None:
        found.append(f"{cluster}/{release.name}")

    monkeypatch.setattr(rendered, "make", make)
    return found


def test_only_what_is_stale_is_rendered(made: list[str]) -> None:
    assert charts.render(plan("lab-kubernetes")) == ["stale"]
    assert made == ["lab-kubernetes/stale"]


def test_a_cluster_without_kubernetes_renders_nothing(made: list[str]) -> None:
    assert charts.render(plan("gb200-nvl72")) == []
    assert made == []
