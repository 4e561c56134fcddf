"""The plan for people and for programs: the page names every key, the tables say what was chosen and why."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from rackwright.design.summary import summary
from rackwright.paths import home
from rackwright.pipeline import plan

PAGE = (home() / "docs" / "plan-json.md").read_text()


@pytest.fixture(scope="module")
def facts():
    planned = plan("gb200-nvl72")
    return summary(planned.design, planned.choices)


def documented(heading, end):
    """Keys in the first columns, and in the words, of the tables between two sentences."""
    return set(re.findall(r"`([a-z0-9_]+)`", PAGE.split(heading, 1)[1].split(end, 1)[0]))


def test_the_page_names_every_key(facts):
    top = documented("the files that", "A fabric:")
    assert set(facts) <= top
    for part in ("chosen", "bom", "rack_list", "rows"):
        assert set(facts[part][0]) <= top, part
    for part in ("planes", "groups"):
        assert set(next(iter(facts[part].values()))) <= top, part
    assert set(facts["planes"]["compute"]["addresses"]) <= top
    fabric = documented("A fabric:", "What one failure costs")
    assert set(facts["fabrics"]["backend"]) <= fabric
    assert set(facts["fabrics"]["backend"]["tiers"][0]) <= fabric
    failure = documented("What one failure costs", "count ports at the speed")
    assert set(facts["fabrics"]["backend"]["failures"][0]) <= failure


def test_the_values_are_json(facts):
    assert json.loads(json.dumps(facts)) == facts


def test_people_read_what_was_chosen_and_what_a_failure_costs():
    words = [sys.executable, "-m", "rackwright", "plan", "gb200-nvl72"]
    said = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "chosen: fabrics.backend.spine_groups = rail; because NVLink joins" in said
    assert "What one failure costs, at worst" in said
    assert re.search(r"│ backend +│ +576 │ host-leaf link +│ +25\.0 │", said)
    assert "backend: 20 leaves: 1 unit x 20; 12 spines: a leaf's 30 uplinks go 10 to each of 3 spines" in said
    assert "backend: limit by unit: a leaf takes 32 servers" in said
