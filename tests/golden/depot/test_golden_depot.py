"""Each ``*.yaml`` here is a table of artifacts that is wrong, and the exact text that is said of it.

A case has ``edits``, pairs of what is replaced in the tiny table of the unit tests by what.
``GOLDEN_UPDATE=1`` writes ``expected`` anew; a new case needs no Python.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.golden.recorded import recorded
from tests.unit.depot import tiny

from rackwright.depot.load import read_table
from rackwright.errors import BadInput

CASES = sorted(Path(__file__).parent.glob("*.yaml"))


def said(case: dict[str, list[list[str]]], folder: Path) -> str:
    """The tiny table with the case's edits, read."""
    text = tiny.table()
    for before, after in case["edits"]:
        assert before in text, f"the tiny table has no {before!r}"
        text = text.replace(before, after, 1)
    tiny.catalog(folder, text)
    with pytest.raises(BadInput) as caught:
        read_table(Path("catalog/artifacts/tiny-1.0.0.yaml"))
    assert caught.value.exit_code == 2
    return f"{caught.value}\n"


def test_there_are_ten_cases():
    assert len(CASES) >= 10


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_every_mistake_is_said_with_its_place(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = said(yaml.safe_load(file.read_text()), tmp_path)
    assert found == recorded(file, found)
