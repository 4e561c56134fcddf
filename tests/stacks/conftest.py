"""Both engines, by name; Pulumi's own only where ``pulumi`` is on PATH."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import Bench, need_pulumi

REAL = pytest.param("pulumi", marks=pytest.mark.real_engine, id="pulumi")


@pytest.fixture(params=["in-process", REAL])
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    if request.param == "pulumi":
        need_pulumi()
    return Bench(request.param, tmp_path, monkeypatch)
