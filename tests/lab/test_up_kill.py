"""`rackwright up` killed with SIGKILL, children too, at random moments: a rerun ends as an uninterrupted one.

``RACKWRIGHT_KILLS`` says how often (`make kill-test`: 30); ``RACKWRIGHT_KILL_SEED`` repeats a series.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
import yaml
from tests.lab.command import command

from .fingerprint import resources, world
from .kill import kill_after

KILLS = int(os.environ.get("RACKWRIGHT_KILLS", "1"))
SEED = int(os.environ.get("RACKWRIGHT_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
NAME, PREFIX = "tkill", "10.123.0.0/16"


def fresh(path: Path) -> None:
    """A lab with blank servers and factory switches; the engine's state belongs to the world that is gone."""
    down = command("lab", "down", path, timeout=120)
    assert down.returncode == 0, down.stderr
    built = command("lab", "up", path, timeout=300)
    assert built.returncode == 0, built.stderr


def struck(path: Path, moments: random.Random, longest: float) -> float:
    """Kill a first ``up`` at a random moment and say which; one that came too late does not count."""
    while True:
        moment = moments.uniform(0.5, longest)
        fresh(path)
        if kill_after(path, moment):
            return moment
        longest = moment  # this run was faster than the one that gave the bound


def finish(path: Path) -> float:
    begun = time.monotonic()
    done = command("up", path, "--engine", "in-process", "--no-verify", timeout=900)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return time.monotonic() - begun


def same(found: dict, expected: dict, what: str) -> None:
    """Equal, or the first differences by name."""
    for key in sorted({*found, *expected}):
        assert found.get(key) == expected.get(key), f"{what} differs: {key}"


@pytest.mark.timeout(600 + 600 * KILLS)
def test_killed_runs_end_as_an_uninterrupted_one(lab_file):
    path = lab_file(NAME, PREFIX)
    # Driver and RDMA only: what is killed here is `up`; tests/molecule kills every role at every task.
    spec = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**spec, "lock": "lab-h100-debian13-driver"}, sort_keys=False))
    fresh(path)
    whole = finish(path)
    expected_world, expected_resources = world(path), resources(path)
    moments = random.Random(SEED)  # noqa: S311 - a series that can be repeated
    figures = []
    for number in range(KILLS):
        moment = struck(path, moments, whole)
        again = finish(path)
        same(resources(path), expected_resources, f"seed {SEED}, kill {number} at {moment:.1f} s: state")
        same(world(path), expected_world, f"seed {SEED}, kill {number} at {moment:.1f} s: world")
        unchanged = command("preview", path, "--engine", "in-process", "--expect-no-changes", timeout=400)
        assert unchanged.returncode == 0, unchanged.stdout
        figures.append((moment, again))
    print(f"\nuninterrupted: {whole:.1f} s; seed {SEED}")
    for moment, again in figures:
        print(f"killed at {moment:6.1f} s, rerun {again:6.1f} s: same state")
