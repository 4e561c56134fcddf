"""The in-process engine killed at random moments, again and again, until a run comes to its end."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from bench import Bench, descendants

KILLS = 7


def up_through_kills(bench: Bench, act: str, dice: random.Random) -> int:
    """Run ``act`` and kill it ``KILLS`` times, then let it finish."""
    killed = 0
    for _ in range(KILLS):
        process = bench.start(act)
        assert process.stdout is not None
        process.stdout.readline()  # the first event: from here on it works
        time.sleep(dice.uniform(0, 0.3))
        for pid in descendants(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=20)
        killed += process.returncode == -signal.SIGKILL
    bench.good(act)
    return killed


@pytest.mark.parametrize("seed", [1, 2])
def test_random_kills_end_in_the_same_state(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    monkeypatch.setenv("RACKWRIGHT_TEST_DELAY", "0.015")
    names = [f"n{i:02}" for i in range(30)]
    things = {name: {"text": name, "after": names[max(0, i - 2) : i]} for i, name in enumerate(names)}
    changed = {name: {**thing, "text": "new"} for name, thing in things.items()}
    calm = Bench("in-process", tmp_path / "calm", monkeypatch)
    calm.plan(things)
    calm.good("up")
    calm.plan(changed)
    calm.good("up")
    bench = Bench("in-process", tmp_path / "killed", monkeypatch)
    bench.plan(things)
    killed = up_through_kills(bench, "up", dice)
    assert {act: n for act, n in Counter(bench.acts).items() if act.startswith("create") and n > 1} == {}
    bench.plan(changed)
    killed += up_through_kills(bench, "up", dice)
    assert (bench.world, bench.remembered()) == (calm.world, calm.remembered())
    assert bench.run("refresh", expect_no_changes=True).exit_code == 0
    killed += up_through_kills(bench, "destroy", dice)
    assert bench.world == {}
    assert bench.names == set()
    assert killed >= 2 * KILLS, "too few runs were at work when they were killed: the test shows nothing"
