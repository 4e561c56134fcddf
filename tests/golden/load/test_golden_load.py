"""Each ``*.yaml`` here is a cluster file that is wrong, and the exact text that load says about it.

A case has ``input`` (text), ``bytes`` (hex; ``""`` is an empty file) or ``repeat`` (``{text, times}``);
``assets`` is the asset list beside it; ``secret`` must not be in what is said.
``GOLDEN_UPDATE=1`` writes ``expected`` anew; a new case needs no Python.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.golden.recorded import recorded

from rackwright.errors import BadInput
from rackwright.load.cluster import load

CASES = sorted(Path(__file__).parent.glob("*.yaml"))


def said(case: dict[str, object], folder: Path) -> str:
    """Write the case's files and load them."""
    if "bytes" in case:
        raw = bytes.fromhex(str(case["bytes"]))
    elif "repeat" in case:
        raw = case["repeat"]["text"].encode() * case["repeat"]["times"]
    else:
        raw = str(case["input"]).encode()
    (folder / "cluster.yaml").write_bytes(raw)
    if "assets" in case:
        (folder / "assets.yaml").write_text(str(case["assets"]))
    with pytest.raises(BadInput) as caught:
        load("cluster.yaml")
    assert caught.value.exit_code == 2
    return f"{caught.value}\n"


def test_there_are_forty_cases():
    assert len(CASES) >= 40


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_every_mistake_is_said_with_its_place(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = yaml.safe_load(file.read_text())
    found = said(case, tmp_path)
    assert str(case.get("secret", "\0")).lower() not in found.lower()
    assert found == recorded(file, found)
