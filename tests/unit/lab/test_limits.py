"""Kernel limits are raised for the labs, and put back unless somebody else has set them since."""

from __future__ import annotations

from pathlib import Path

import pytest

from rackwright.lab import limits

NAME = "fs/inotify/max_user_instances"


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RACKWRIGHT_LABS", str(tmp_path / "labs"))
    monkeypatch.setattr(limits, "PROC", tmp_path / "proc")
    for name, value in {NAME: 128, "fs/inotify/max_user_watches": 1_000_000}.items():
        path = tmp_path / "proc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    return tmp_path / "proc"


def test_raised_once_and_put_back(proc: Path) -> None:
    limits.raise_them()
    limits.raise_them()  # a second lab
    assert (proc / NAME).read_text() == "8192"
    assert (proc / "fs/inotify/max_user_watches").read_text() == "1000000\n", "what is enough is left alone"
    limits.put_back()
    assert (proc / NAME).read_text() == "128"
    limits.put_back()
    assert (proc / NAME).read_text() == "128"


def test_another_value_stays(proc: Path) -> None:
    limits.raise_them()
    (proc / NAME).write_text("9000\n")
    limits.put_back()
    assert (proc / NAME).read_text() == "9000\n"
