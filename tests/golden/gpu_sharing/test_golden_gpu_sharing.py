"""Each ``*.yaml`` here is a cluster file whose sharing the DRA drivers would refuse, and what is said.

``GOLDEN_UPDATE=1`` writes ``expected`` anew; a new case needs no Python.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.golden.recorded import recorded

from rackwright.errors import BadInput
from rackwright.gpu_sharing.rules import OfProfile, rules
from rackwright.load.cluster import load

CASES = sorted(Path(__file__).parent.glob("*.yaml"))


def test_each_rule_is_seen_refusing():
    """Those that only switch a gate on refuse nothing (tests/unit/gpu_sharing)."""
    expected = "".join(yaml.safe_load(file.read_text())["expected"] for file in CASES)
    refusing = {name for name, rule in rules().items() if not isinstance(rule, OfProfile)}
    assert set(re.findall(r"\(rule ([a-z0-9-]+)\)", expected)) == refusing


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_every_refusal_is_said_with_its_place(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = yaml.safe_load(file.read_text())
    Path("cluster.yaml").write_text(case["input"])
    with pytest.raises(BadInput) as caught:
        load("cluster.yaml")
    found = f"{caught.value}\n"
    assert found == recorded(file, found)
