"""Both engines, by name; Pulumi's own only where ``pulumi`` is on PATH."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bench import Bench

REAL = pytest.param("pulumi", marks=pytest.mark.real_engine, id="pulumi")


def need_pulumi() -> None:
    if shutil.which("pulumi") is None:
        pytest.skip("Pulumi's own engine is not on PATH")


@pytest.fixture(params=["in-process", REAL])
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    if request.param == "pulumi":
        need_pulumi()
    return Bench(request.param, tmp_path, monkeypatch)
