"""A rolling change of twelve nodes from one host lock to the next, with two that fail: where it stops, what
it leaves alone, how it goes on, also after SIGKILL. In a lab of its own, of 21 machines."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.lab.command import ROOT, command
from tests.plain_lab import plain_lab

from rackwright import paths, pipeline
from rackwright.lab.place import Place
from rackwright.locks import load_lock
from rackwright.roll.gate import Gate
from rackwright.roll.journal import latest

from .fingerprint import world
from .test_up import on

pytestmark = pytest.mark.timeout(3600)
NAME = "troll"
OLD, NEW = "lab-h100-debian13-driver-570", "lab-h100-debian13-driver"
HOSTS = [f"gpu-su01-n{number:02}" for number in range(1, 13)]
BATCHES = [
    ["gpu-su01-n01"],
    ["gpu-su01-n05"],
    ["gpu-su01-n09", "gpu-su01-n02"],
    ["gpu-su01-n06", "gpu-su01-n10"],
    ["gpu-su01-n03", "gpu-su01-n07"],
    ["gpu-su01-n11", "gpu-su01-n04"],
    ["gpu-su01-n08", "gpu-su01-n12"],
]
"""1, then 5 %, then 20 % of twelve; no two of a rack in one batch (four stand in each)."""
NO_GPU, NEVER_BACK = BATCHES[2][1], BATCHES[3][0]
TIMES = ("--reboot-timeout", "60", "--gate-timeout", "45", "--drain-timeout", "30")
HOOK = """#!/bin/sh
# $1 log, $2 what, $3 host
echo "$2 $3" >> "$1"
"""


def boots() -> dict[str, str]:
    """Boot id by host; empty for one that does not answer."""
    found = asyncio.run(Gate(pipeline.plan(str(CLUSTER.path))).boots(HOSTS))
    return {name: boot for name, (boot, _) in found.items()}


class CLUSTER:
    """The cluster file, and where its hooks write."""

    path: Path
    log: Path


def lock(name: str) -> None:
    """What a person does who wants another lock."""
    spec = yaml.safe_load(CLUSTER.path.read_text())
    CLUSTER.path.write_text(yaml.safe_dump({**spec, "lock": name}, sort_keys=False))


def words(*more: str) -> list[str]:
    hook = f"{CLUSTER.log.with_name('hook')} {CLUSTER.log}"
    return [
        "roll", str(CLUSTER.path), "--json", "--max-failures", "2", *TIMES,
        "--drain", f"{hook} drain {{host}}", "--return", f"{hook} return {{host}}",
        *more,
    ]  # fmt: skip


def roll(*more: str) -> tuple[int, list[dict]]:
    """Exit code and events."""
    begun = time.monotonic()
    done = command(*words(*more), timeout=2400)
    print(f"roll {' '.join(more)}: exit {done.returncode}, {time.monotonic() - begun:.0f} s")
    assert done.stdout, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def batches(events: list[dict]) -> list[list[str]]:
    return [event["hosts"] for event in events if event["event"] == "batch"]


def hooks() -> dict[str, list[str]]:
    """What was called for each host, in order."""
    found: dict[str, list[str]] = {name: [] for name in HOSTS}
    for line in CLUSTER.log.read_text().splitlines() if CLUSTER.log.exists() else ():
        what, host = line.split()
        found[host].append(what)
    return found


def driver(host: str) -> str:
    text = "nvidia-smi --query-gpu=driver_version --format=csv,noheader | sort -u"
    return on(CLUSTER.path, host, text).strip()


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory, lab_state: Path) -> Iterator[None]:
    """Twelve nodes, the smallest fabric that they can have, all at the older lock."""
    folder = tmp_path_factory.mktemp("roll") / NAME
    folder.mkdir()
    CLUSTER.path, CLUSTER.log = folder / "cluster.yaml", folder / "hooks.log"
    hook = folder / "hook"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    if Place(NAME).exists():  # an interrupted run of the tests left it
        command("lab", "down", NAME, timeout=120)
    spec = plain_lab()
    spec |= {"cluster": NAME, "lock": NEW}
    spec["planes"]["management"]["prefix"] = "10.128.0.0/16"
    spec["machines"] = {"gpu": {"sku": "dgx-h100", "count": 12, "rails": 1, "unit_size": 12}}
    spec["fabrics"]["backend"]["spines"] = spec["fabrics"]["frontend"]["spines"] = 1
    del spec["storage"], spec["planes"]["storage"]
    CLUSTER.path.write_text(yaml.safe_dump(spec, sort_keys=False))
    try:
        built = command(
            "lab", "up", CLUSTER.path, timeout=600
        )  # the depot holds this lock and the one before
        assert built.returncode == 0, built.stderr
        lock(OLD)
        done = command("up", CLUSTER.path, "--no-verify", "--engine", "in-process", timeout=1500)
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        yield
    finally:
        command("lab", "down", NAME, timeout=120)


def test_a_rolling_change_with_two_that_fail(old: None) -> None:
    assert {driver(host) for host in HOSTS[:2]} == {load_lock(OLD).rows["driver"].reports}
    lock(NEW)
    for kind, host in (("gpu-gone-at-reboot", NO_GPU), ("reboot-never-returns", NEVER_BACK)):
        planted = command("lab", "fault", CLUSTER.path, kind, "--place", host)
        assert planted.returncode == 0, planted.stderr
    before, print_before = boots(), world(CLUSTER.path)

    code, events = roll()
    outcome = events[-1]
    assert (code, outcome["ended"]) == (3, "stopped")
    assert batches(events) == BATCHES[:4], "the second failure's batch comes to its end, no other begins"
    failed = {name: entry for name, entry in outcome["hosts"].items() if entry["phase"] == "failed"}
    assert set(failed) == {NO_GPU, NEVER_BACK}
    assert "7" in failed[NO_GPU]["why"], "how many GPUs were found"
    assert "imed out" in failed[NEVER_BACK]["why"]
    assert all(entry["drained"] for entry in failed.values())
    done = [name for batch in BATCHES[:4] for name in batch if name not in failed]
    rest = [name for batch in BATCHES[4:] for name in batch]
    assert outcome["untouched"] == rest
    assert hooks() == {
        name: ["drain", "return"] if name in done else ["drain"] if name in failed else [] for name in HOSTS
    }

    after = boots()
    assert all(after[name] == before[name] for name in rest), "nobody of the rest was rebooted"
    assert all(after[name] not in ("", before[name]) for name in done)
    assert after[NEVER_BACK] == ""
    cleared = command("lab", "fault", CLUSTER.path, "--clear")
    assert cleared.returncode == 0, cleared.stderr
    until = time.monotonic() + 90
    while not all(boots().values()) and time.monotonic() < until:
        time.sleep(2)
    print_after = world(CLUSTER.path)
    assert all(print_after[name] == print_before[name] for name in rest), "nor changed in any way"

    between = boots()
    kill_while_changing(BATCHES[4])
    left = latest(paths.state_dir(NAME))
    assert left is not None
    assert set(BATCHES[4]) <= set(left.unfinished), "it is known who was being changed"
    code, events = roll()
    assert (code, events[-1]["ended"]) == (0, "complete"), events[-1]
    assert batches(events) == [sorted(BATCHES[4]), *BATCHES[5:]]
    assert {entry["phase"] for entry in events[-1]["hosts"].values()} == {"done"}

    end = boots()
    assert all(end[name] == between[name] for name in done), "nobody is rebooted twice"
    assert end[NO_GPU] == between[NO_GPU], "it had its reboot before its GPU was found missing"
    assert all(end[name] != before[name] for name in rest)
    for name, calls in hooks().items():
        again = name in failed or name in BATCHES[4]
        assert calls == (["drain", "drain", "return"] if again else ["drain", "return"]), name
    assert {driver(host) for host in HOSTS} == {load_lock(NEW).rows["driver"].reports}
    code, events = roll("--check")
    assert (code, events[-1]["untouched"]) == (0, []), "all are at the new lock"


def kill_while_changing(batch: list[str]) -> None:
    """Start the roll and kill it, with SIGKILL, in the middle of this batch's roles."""
    argv = [sys.executable, "-m", "rackwright", *words()]
    with subprocess.Popen(argv, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        event = {}
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "step" and event["step"] == "roles" and event["hosts"] == sorted(batch):
                time.sleep(8)
                process.send_signal(signal.SIGKILL)
                return
        pytest.fail(f"the roll ended before {batch} was changed: {event}")


def test_a_hung_host_costs_its_time_and_is_left_alone(old: None) -> None:
    host = HOSTS[7]
    assert command("lab", "fault", CLUSTER.path, "hung-host", "--place", host).returncode == 0
    try:
        begun = time.monotonic()
        code, events = roll("--host", host)
        assert (code, events[-1]["hosts"][host]["step"]) == (3, "reach")
        assert time.monotonic() - begun < 120
    finally:
        assert command("lab", "fault", CLUSTER.path, "--clear").returncode == 0
    code, events = roll("--host", host)
    assert (code, events[-1]["hosts"][host]["phase"]) == (0, "done")
