"""Each ``*.yaml`` here is a cluster file with the counts that the vendor prints, or that arithmetic gives.

The command line plans it and prints JSON; one rule must give every row. A new row needs no Python.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

CASES = sorted(Path(__file__).parent.glob("*.yaml"))


LARGE = ("roce-98304",)
"""Rows that take more than a few seconds."""


def _case(file: Path):
    return pytest.param(file, id=file.stem, marks=[pytest.mark.slow] if file.stem in LARGE else [])


@pytest.mark.parametrize("file", [_case(file) for file in CASES])
def test_the_plan_has_the_counts_of_the_row(file, tmp_path):
    case = yaml.safe_load(file.read_text())
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text(case["cluster"])
    words = [sys.executable, "-m", "rackwright", "plan", str(cluster), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    facts, expected = json.loads(done.stdout), case["expected"]
    backend = facts["fabrics"]["backend"]
    assert facts["gpus"] == expected["gpus"]
    assert facts["machines"] == yaml.safe_load(case["cluster"])["machines"]["gpu"]["count"]
    assert facts["racks"] > 0
    assert facts["power_kw"] > 0
    assert {tier["name"]: tier["switches"] for tier in backend["tiers"]} == expected["tiers"]
    assert [tier["name"] for tier in backend["tiers"]] == list(expected["tiers"])
    assert backend["links"] == expected["links"]
    assert all(0 < tier["ports_used"] <= tier["radix"] for tier in backend["tiers"])
    assert backend["reasons"]
    assert {row["element"] for row in backend["failures"]} >= {"host-leaf link", "leaf", "spine"}


def test_every_row_has_a_source():
    assert len(CASES) >= 20
    for file in CASES:
        source = yaml.safe_load(file.read_text())["source"]
        assert source.startswith(("https://", "arithmetic: ")), file
