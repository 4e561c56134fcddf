"""Results on disk and for pipelines."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from rich.console import Console
from world import World

from rackwright.errors import UsageError
from rackwright.verify import causes, results
from rackwright.verify.model import Result
from rackwright.verify.table import show


@pytest.fixture
def result(monkeypatch, tmp_path):
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path))
    world = World()
    world.mtu("backend-su01-r0:swp1s0", 1500)
    world.die("gpu-su01-n04")
    verdicts = world.verdicts()
    devices = {
        n: {"kind": "server", "role": "gpu", "answered": True, "seconds": 1.0, "wrong": None}
        for n in world.expected
    }
    found = tuple(causes.find(verdicts))
    return Result("lab", True, "2026-01-01T00:00:00+00:00", 9.5, "0.1.0", devices, tuple(verdicts), found)


def test_what_is_written_is_read_back(result):
    results.write(result)
    again = results.read("lab")
    assert again is not None
    assert results.as_dict(again) == results.as_dict(result)
    assert [f.blames for f in again.findings] == [f.blames for f in result.findings]


def test_no_result_is_none_and_a_damaged_one_is_said(result):
    assert results.read("lab") is None
    path = results.write(result)
    path.write_text(path.read_text()[:1000])
    with pytest.raises(UsageError, match=r"latest.json is damaged"):
        results.read("lab")
    path.write_text(json.dumps({"schema": 99}))
    with pytest.raises(UsageError, match="schema 99"):
        results.read("lab")


def test_json_says_ok_simulated_and_places(result):
    data = results.as_dict(result)
    assert data["ok"] is False
    assert data["simulated"] is True
    assert [f["place"] for f in data["findings"]] == ["gpu-su01-n04", "backend-su01-r0:swp1s0"]
    assert data["counts"]["not measured"] > 0


def test_junit_counts_failures_and_what_was_not_measured_as_skipped(result):
    root = ElementTree.fromstring(results.junit(result))  # noqa: S314 - our own text
    suites = {suite.get("name"): suite for suite in root}
    assert suites["backend-su01-r0"].get("failures") != "0"
    assert int(suites["gpu-su01-n04"].get("skipped")) > 0
    assert len(root.findall(".//failure")) == sum(int(s.get("failures")) for s in root)
    assert "(simulated)" in root.get("name")


def test_the_table_names_node_place_and_effects(result):
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115 - rich wants a file
    show(result, console)
    text = console.export_text()
    assert "backend-su01-r0:swp1s0" in text
    assert "wrong MTU" in text
    assert "explains" in text
    assert "simulated hardware" in text
    assert "2 findings" in text
