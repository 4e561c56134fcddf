"""Each ``*.yaml`` here is a host lock that is wrong, and the exact text that `rackwright lock check` says.

A case has ``input``, the text of a lock called ``mine`` (mostly a few rows over one of the catalog's), and
``files``, other locks beside it by name. ``GOLDEN_UPDATE=1`` writes ``expected`` anew; a new case needs no
Python.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.golden.recorded import recorded

from rackwright.errors import BadInput
from rackwright.locks.load import read_lock
from rackwright.locks.rules import rules
from rackwright.paths import home

CASES = sorted(Path(__file__).parent.glob("*.yaml"))


def said(case: dict[str, object], folder: Path) -> str:
    """Write the case's locks and read the one called mine."""
    files = {"mine": case["input"], **(case.get("files") or {})}
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(str(text))
    with pytest.raises(BadInput) as caught:
        read_lock(Path("mine.yaml"))
    assert caught.value.exit_code == 2
    return f"{caught.value}\n".replace(f"{home()}/", "")


def test_there_are_twenty_cases():
    assert len(CASES) >= 20


def test_each_rule_is_seen_failing():
    expected = "".join(yaml.safe_load(file.read_text())["expected"] for file in CASES)
    assert set(re.findall(r"\(rule ([a-z0-9-]+)\)", expected)) == set(rules())


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_every_mistake_is_said_with_its_place(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = said(yaml.safe_load(file.read_text()), tmp_path)
    assert found == recorded(file, found)
