"""Both engines by name, Pulumi's own where ``pulumi`` is on PATH; a real control plane where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench, need_pulumi
from control_plane import ControlPlane, need_binaries
from real_objects import Site

REAL = pytest.param("pulumi", marks=pytest.mark.real_engine, id="pulumi")


@pytest.fixture(params=["in-process", REAL])
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    if request.param == "pulumi":
        need_pulumi()
    return Bench(request.param, tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    need_binaries()
    with ControlPlane(tmp_path_factory.mktemp("plane")) as running:
        yield running


@pytest.fixture
def site(plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "state"))
    return Site(plane, tmp_path)
