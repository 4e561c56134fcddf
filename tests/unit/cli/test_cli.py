"""The command line: exit codes, JSON, no traceback, help for every command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from rackwright.cli import app


def run(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "rackwright", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def test_check_says_ok():
    done = run("check", "lab")
    assert done.returncode == 0
    assert done.stdout.startswith("OK: ")
    assert "7 servers, 32 GPUs, 11 switches" in done.stdout


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "cluster.yaml"
    path.write_text(
        "cluster: x\nmachines: {gpu: {sku: nope, count: many}}\nfabrics: {}\nplanes: {}\nextra: 1\n"
    )
    return path


def test_check_reports_every_mistake_and_exits_2(broken):
    done = run("check", broken)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) >= 3
    assert all(re.match(rf"{re.escape(str(broken))}:\d+:\d+ ", line) for line in lines)


def test_check_as_json_reports_the_same(broken):
    done = run("check", broken, "--json")
    assert done.returncode == 2
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    assert {"file", "line", "column", "path", "found", "expected", "hint"} == set(answer["problems"][0])
    assert json.loads(run("check", "lab", "--json").stdout)["ok"] is True


def test_no_such_cluster_is_a_sentence():
    done = run("plan", "labb")
    assert done.returncode == 2
    assert done.stderr.startswith("rackwright: no cluster 'labb'")
    assert "Traceback" not in done.stderr


def test_plan_as_json_has_the_documented_shape():
    facts = json.loads(run("plan", "superpod-h100-127", "--json").stdout)
    assert (facts["machines"], facts["gpus"]) == (148, 1016)
    backend = facts["fabrics"]["backend"]
    assert backend["kind"] == "infiniband"
    assert backend["tiers"] == [
        {"name": "leaf", "switches": 32, "ports_used": 64, "radix": 64},
        {"name": "spine", "switches": 16, "ports_used": 64, "radix": 64},
    ]
    assert backend["links"] == {"host-leaf": 1020, "leaf-spine": 1024}
    for fabric in facts["fabrics"].values():
        assert all(tier["ports_used"] <= tier["radix"] for tier in fabric["tiers"])
    assert isinstance(facts["racks"], int)
    assert facts["power_kw"] == pytest.approx(127 * 10.2)


def test_plan_prints_tables_without_a_terminal():
    done = run("plan", "mi300x-64")
    assert done.returncode == 0
    for title in ("Fabrics", "Planes", "Bill of materials", "Racks", "not known: power of mi300x-8gpu"):
        assert title in done.stdout


def test_render_writes_every_switch_and_then_nothing(tmp_path):
    done = run("render", "mi300x-64", "--out", tmp_path, "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer["not_rendered"] == []
    assert (tmp_path / "devices/frontend-leaf-01/etc/frr/frr.conf").is_file()
    assert (tmp_path / "devices/backend-su01-r0/etc/sonic/config_db.json").is_file()
    again = run("render", "mi300x-64", "--out", tmp_path)
    assert "0 files written" in again.stdout


@pytest.mark.parametrize("command", sorted(app.COMMANDS))
def test_every_command_has_help_with_an_example(command):
    done = run(command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"rackwright {command}" in done.stdout.split("Usage:")[1].split("\n", 1)[1]


def test_the_help_needs_no_command_to_be_there():
    done = run("--help")
    assert done.returncode == 0
    for command in app.COMMANDS:
        assert command in done.stdout


def test_a_bug_is_one_line_without_the_data_it_stumbled_on(monkeypatch, capsys):
    def stumble(chosen):
        raise ValueError("canary-secret")

    monkeypatch.delenv("RACKWRIGHT_DEBUG", raising=False)
    monkeypatch.setattr(app, "build", stumble)
    with pytest.raises(SystemExit) as left:
        app.main(["plan", "lab"])
    said = capsys.readouterr().err
    assert left.value.code == app.INTERNAL_ERROR
    assert "canary-secret" not in said
    assert re.search(r"ValueError at \w+\.py:\d+", said)


def test_an_unknown_command_is_a_usage_error():
    done = run("plann")
    assert done.returncode == 2
    assert "No such command" in done.stderr
