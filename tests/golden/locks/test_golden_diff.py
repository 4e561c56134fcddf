"""Each ``diff/<before>..<after>.txt`` is what `rackwright lock diff` says; ``GOLDEN_UPDATE=1`` writes it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rackwright.cli.lock_text import differences
from rackwright.locks import load_lock
from rackwright.locks.components import components
from rackwright.locks.diff import diff

FILES = sorted((Path(__file__).parent / "diff").glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_a_change_touches(file):
    before, _, after = file.name.removesuffix(".txt").partition("..")
    lines = differences(diff(load_lock(before), load_lock(after), components()))
    found = "".join(f"{line}\n" for line in lines)
    if os.environ.get("GOLDEN_UPDATE") == "1":
        file.write_text(found)
    assert found == file.read_text()


def test_there_and_back():
    assert {"h100-debian13-570..h100-debian13", "h100-debian13..h100-debian13-570"} <= {
        file.name.removesuffix(".txt") for file in FILES
    }
