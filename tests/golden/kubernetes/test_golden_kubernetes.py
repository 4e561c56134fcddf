"""Each ``*.yaml`` here is a cluster file, some of what is rendered below ``kubernetes/``, and its text.

``files`` are relative paths; ``GOLDEN_UPDATE=1`` writes ``expected`` anew (read the difference then); a new
case needs no Python. What only repeats itself for each server or GPU is left to tests/unit.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from rackwright.pipeline import files, plan

CASES = sorted(Path(__file__).parent.glob("*.yaml"))


def block(text: str, indent: int) -> str:
    """A literal block of YAML."""
    return "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in text.splitlines())


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_rendered_text_is_as_recorded(file, tmp_path):
    text = file.read_text()
    case = yaml.safe_load(text)
    (tmp_path / "cluster.yaml").write_text(case["input"])
    site = files(plan(str(tmp_path))).site
    found = {path: site[f"kubernetes/{path}"] for path in case["files"]}
    absent = [path for path in case.get("absent", []) if f"kubernetes/{path}" in site]
    assert absent == []
    if os.environ.get("GOLDEN_UPDATE") == "1":
        head = text[: text.index("expected:\n")] + "expected:\n"
        file.write_text(head + "".join(f"  {path}: |\n{block(found[path], 4)}" for path in found))
        return
    assert found == case["expected"]
