"""A cluster of our own, whose state lies in a folder of the test's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rackwright.paths import home


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of a cluster like the lab's, with its assets; no depot key yet."""
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "state"))
    folder = tmp_path / "site"
    shutil.copytree(home() / "inventories/lab", folder)
    return folder
