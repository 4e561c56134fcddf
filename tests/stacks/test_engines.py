"""One suite, two engines: the same program ends in the same world, with the same resources and outputs."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path

import pytest
from bench import Bench, need_pulumi, wait_for

CHAIN = {"a": {"text": "one\ntwo\n"}, "b": {"text": "x", "after": ["a"]}, "c": {"after": ["a", "b"]}}


def test_up_makes_everything_once_and_a_second_up_changes_nothing(bench: Bench) -> None:
    bench.plan(CHAIN)
    first = bench.good("up")
    assert first.counts == {"create": 4}
    told = {event["text"] for event in bench.events if event["event"] == "progress"}
    assert told == {"writing", "writing from a thread"}
    assert bench.world["c"] == {"name": "c", "text": "", "peers": ["10.0.0.1", "10.0.0.1"]}
    assert first.outputs == {"a": "10.0.0.1", "b": "10.0.0.1", "c": "10.0.0.1", "greeting": "hello"}
    second = bench.good("up")
    assert second.counts == {"same": 4}
    assert bench.acts == ["create a", "create b", "create c"]
    assert bench.run("preview", expect_no_changes=True).exit_code == 0


def test_preview_shows_differences_and_touches_nothing(bench: Bench) -> None:
    bench.plan(CHAIN)
    assert bench.run("preview", expect_no_changes=True).exit_code == 1
    assert bench.acts == []
    bench.good("up")
    bench.plan({**CHAIN, "a": {"text": "one\nTWO\n"}})
    summary = bench.good("preview")
    assert bench.changes("a") == {"text": {"old": "one\ntwo\n", "new": "one\nTWO\n", "replace": False}}
    # b takes an output of a, which is not known before a has been changed.
    assert list(bench.changes("b")) == ["peers"]
    assert summary.counts == {"update": 3, "same": 1}
    assert bench.world["a"]["text"] == "one\ntwo\n"


def test_change_in_place_reaches_only_what_changes(bench: Bench) -> None:
    bench.plan(CHAIN)
    bench.good("up")
    bench.plan({**CHAIN, "a": {"text": "new"}})
    summary = bench.good("up")
    assert summary.counts == {"update": 1, "same": 3}
    assert bench.acts[3:] == ["change a"]
    assert bench.world["a"]["text"] == "new"


def test_refresh_finds_drift_property_by_property_and_up_repairs_it(bench: Bench) -> None:
    bench.plan(CHAIN)
    bench.good("up")
    before = bench.world, bench.remembered()
    bench.spoil("a", text="by hand")
    (bench.world_dir / "c.json").unlink()
    summary = bench.run("refresh", expect_no_changes=True)
    assert summary.exit_code == 1
    assert summary.counts == {"update": 1, "delete": 1, "same": 1 if bench.engine == "in-process" else 2}
    assert bench.changes("a")["text"] == {"old": "one\ntwo\n", "new": "by hand", "replace": False}
    assert bench.run("preview", expect_no_changes=True).exit_code == 1
    repaired = bench.good("up")
    assert repaired.counts == {"update": 1, "create": 1, "same": 2}
    assert (bench.world, bench.remembered()) == before
    assert bench.run("refresh", expect_no_changes=True).exit_code == 0


def test_replace_deletes_first_and_takes_down_what_cannot_stay(bench: Bench) -> None:
    bench.plan({"a": {}, "t": {"tied": "a"}, "b": {"after": ["a"]}})
    bench.good("up")
    del_from = len(bench.acts)
    bench.plan({"a": {"name": "anew"}, "t": {"tied": "a"}, "b": {"after": ["a"]}})
    preview = bench.good("preview")
    assert bench.changes("a")["name"] == {"old": "a", "new": "anew", "replace": True}
    summary = bench.good("up")
    assert summary.counts == {"replace": 2, "update": 1, "same": 1} == preview.counts
    acts = bench.acts[del_from:]
    assert acts[:3] == ["delete t", "delete a", "create anew"]
    assert Counter(acts[3:]) == Counter(["create t", "change b"])
    assert bench.world["t"]["tied"] == "anew"


def test_what_is_no_longer_declared_goes_in_reverse_order(bench: Bench) -> None:
    bench.plan({**CHAIN, "keep": {}})
    bench.good("up")
    bench.plan({"keep": {}})
    assert bench.good("preview").counts == {"delete": 3, "same": 2}
    assert bench.good("up").counts == {"delete": 3, "same": 2}
    assert bench.acts[4:] == ["delete c", "delete b", "delete a"]
    assert bench.names == {"keep"}


def test_destroy_goes_in_reverse_order_and_leaves_nothing(bench: Bench) -> None:
    bench.plan(CHAIN)
    bench.good("up")
    assert bench.good("destroy").counts == {"delete": 4}
    assert bench.acts[3:] == ["delete c", "delete b", "delete a"]
    assert bench.world == {}
    assert bench.names == set()


def test_a_failure_stops_only_what_needs_it(bench: Bench) -> None:
    bench.plan({**CHAIN, "free": {}})
    bench.fault(b={"apply": "fail"})
    summary = bench.run("up")
    assert summary.exit_code == 3
    assert [one["urn"].rsplit("::", 1)[1] for one in summary.failed] == ["b"]
    assert "the fault is switched on" in summary.failed[0]["reason"]
    assert [one.rsplit("::", 1)[1] for one in summary.skipped] == ["c"]
    assert set(bench.world) == {"a", "free"}
    assert bench.names == {"a", "free"}
    bench.fault()
    assert bench.good("up").counts == {"create": 2, "same": 3}
    assert Counter(bench.acts) == Counter(["create a", "create free", "create b", "create c"])


def test_what_something_failed_may_still_need_stays(bench: Bench) -> None:
    bench.plan({"a": {}, "b": {"after": ["a"]}, "free": {}})
    bench.good("up")
    bench.plan({"b": {"text": "new"}})  # neither a nor free is declared any more
    bench.fault(b={"apply": "fail"})
    assert bench.run("up").exit_code == 3
    assert "a" in bench.world
    bench.fault()
    bench.good("up")
    assert set(bench.world) == {"b"}


def test_what_a_failed_create_left_is_remembered(bench: Bench) -> None:
    bench.plan({"a": {}})
    bench.fault(a={"apply": "fail-after"})
    assert bench.run("up").exit_code == 3
    assert bench.names == {"a"}
    bench.fault()
    assert bench.good("up").counts == {"update": 1, "same": 1}
    bench.fault(a={"apply": "fail-after"})
    bench.plan({"a": {}, "z": {}})
    bench.fault(z={"apply": "fail-after"})
    assert bench.run("up").exit_code == 3
    bench.fault()
    bench.good("destroy")
    assert bench.world == {}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_in_the_middle_of_a_create(bench: Bench, moment: str) -> None:
    bench.plan(CHAIN)
    bench.fault(b={"apply": "held" if moment == "before" else "held-after"})
    if moment == "after":
        bench.kill_when("up", lambda: "create b" in bench.acts)
    else:
        bench.kill_when("up", lambda: "create a" in bench.acts)
    bench.fault()
    bench.good("up")
    creates = Counter(act for act in bench.acts if act.startswith("create"))
    assert creates == Counter(["create a", "create b", "create c"])
    assert "change a" not in bench.acts  # what was done and recorded before the kill is not done again
    assert bench.names == {"a", "b", "c"}
    assert bench.run("refresh", expect_no_changes=True).exit_code == 0
    assert bench.run("preview", expect_no_changes=True).exit_code == 0


@pytest.mark.parametrize("then", ["destroy", "up"])
def test_what_a_killed_create_has_made_is_not_lost(bench: Bench, then: str) -> None:
    """The make was killed after it had acted, and the next run wants the thing gone."""
    bench.plan(CHAIN)
    bench.fault(b={"apply": "held-after"})
    bench.kill_when("up", lambda: "create b" in bench.acts)
    bench.fault()
    bench.plan({"a": CHAIN["a"]})
    bench.good(then)
    assert set(bench.world) == (set() if then == "destroy" else {"a"})


def test_killed_in_the_middle_of_an_update_and_a_delete(bench: Bench) -> None:
    bench.plan(CHAIN)
    bench.good("up")
    bench.fault(a={"apply": "held-after"})
    bench.plan({**CHAIN, "a": {"text": "new"}})
    bench.kill_when("up", lambda: "change a" in bench.acts)
    bench.fault()
    bench.plan(CHAIN)  # and back: the world holds what no state has seen
    bench.good("up")
    assert bench.world["a"]["text"] == CHAIN["a"]["text"]
    bench.fault(c={"delete": "held-after"}, b={"delete": "held"})
    bench.kill_when("destroy", lambda: "delete c" in bench.acts)
    bench.fault()
    bench.good("destroy")
    assert bench.world == {}


def test_a_second_run_is_refused_and_told_who_holds_the_lock(bench: Bench) -> None:
    bench.plan(CHAIN)
    bench.fault(a={"apply": "held"})
    process = bench.start("up")
    lock = bench.state_dir / "engine" / "fixture" / "t.core.json.lock"
    wait_for(lambda: lock.exists() and bool(lock.read_text()))
    second = bench.run("up")
    assert second.exit_code == 3
    assert f"locked by process {process.pid} on " in second.message
    assert " since " in second.message
    bench.fault()
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_interrupted_once_it_ends_cleanly(bench: Bench) -> None:
    bench.plan(CHAIN)
    bench.fault(a={"apply": "held"})
    process = bench.start("up")
    assert process.stdout is not None
    for line in process.stdout:
        if '"begin"' in line and "::a" in line:
            break
    process.send_signal(signal.SIGINT)
    bench.fault()
    rest = process.communicate(timeout=30)[0]
    assert process.returncode == 130, rest
    assert "interrupted" in rest
    left = json.loads(rest.splitlines()[-1])["skipped"]
    assert sorted(one.rsplit("::", 1)[1] for one in left) == ["b", "c"]
    assert set(bench.world) == {"a"}  # what ran has come to its end, nothing else has begun
    assert bench.good("up").counts == {"create": 2, "same": 2}
    assert bench.acts == ["create a", "create b", "create c"]


def test_interrupted_what_waits_for_its_turn_does_not_begin(bench: Bench) -> None:
    bench.plan({name: {} for name in "abcd"})
    bench.fault(**{name: {"apply": "held"} for name in "abcd"})
    process = bench.start("up", "--parallel", "1")
    assert process.stdout is not None
    for line in process.stdout:
        if '"begin"' in line and "world:Thing::" in line:
            break
    process.send_signal(signal.SIGINT)
    bench.fault()
    rest = process.communicate(timeout=30)[0]
    assert process.returncode == 130, rest
    assert len(bench.acts) == 1


def test_orphaned_it_ends_cleanly(bench: Bench) -> None:
    """Whoever started the run and read its events is gone."""
    bench.plan(CHAIN)
    bench.fault(a={"apply": "slow"})
    process = bench.start("up")
    assert process.stdout is not None
    for line in process.stdout:
        if '"begin"' in line and "::a" in line:
            break
    process.stdout.close()
    assert process.wait(30) == 130
    assert "a" in bench.world  # what ran has come to its end
    bench.fault()
    bench.good("up")
    assert bench.acts == ["create a", "create b", "create c"]


def test_protected_things_stay(bench: Bench) -> None:
    bench.plan({"a": {"options": {"protect": True}}, "b": {}})
    bench.good("up")
    assert bench.run("destroy").exit_code == 3
    assert "a" in bench.world
    bench.plan({"b": {}})
    assert bench.run("up").exit_code == 3
    bench.plan({"a": {"name": "other", "options": {"protect": True}}, "b": {}})
    assert bench.run("up").exit_code == 3
    assert set(bench.world) >= {"a"}
    assert "delete a" not in bench.acts
    bench.plan({"a": {}, "b": {}})
    bench.good("up")
    bench.good("destroy")
    assert bench.world == {}


def test_ignored_changes_are_ignored(bench: Bench) -> None:
    bench.plan({"a": {"text": "one", "options": {"ignore_changes": ["text"]}}})
    bench.good("up")
    bench.plan({"a": {"text": "two", "options": {"ignore_changes": ["text"]}}})
    assert bench.good("up").counts == {"same": 2}
    assert bench.world["a"]["text"] == "one"


def test_a_bad_input_is_refused_and_a_program_that_raises_changes_nothing(bench: Bench) -> None:
    bench.plan({"a": {"name": ""}, "b": {}})
    summary = bench.run("up")
    assert summary.exit_code == 3
    assert "expected a name" in summary.message + str(summary.failed)
    bench.plan({"a": {}}, **{"raise": "the program is wrong"})
    summary = bench.run("up")
    assert summary.exit_code == 3
    assert "the program is wrong" in summary.message
    assert "a" not in bench.world


def test_a_secret_among_the_inputs_is_refused_and_kept_nowhere(bench: Bench, tmp_path: Path) -> None:
    canary = "canary-5f2d"
    bench.plan({"a": {"secret": canary}})
    summary = bench.run("up")
    assert summary.exit_code == 3
    assert "give a reference" in summary.message + str(summary.failed)
    assert canary not in str(bench.events)
    kept = [p for p in tmp_path.rglob("*") if p.is_file() and p.name != "plan.json"]
    assert [p for p in kept if canary.encode() in p.read_bytes()] == []


@pytest.mark.real_engine
def test_both_engines_remember_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same history on both; in the end the world, all resources and outputs are equal."""
    need_pulumi()
    found = []
    for engine in ("in-process", "pulumi"):
        bench = Bench(engine, tmp_path / engine, monkeypatch)
        bench.plan({**CHAIN, "t": {"tied": "a"}})
        bench.good("up")
        bench.spoil("b", text="by hand")
        bench.good("refresh")
        refreshed = bench.remembered()
        bench.plan({"a": {"name": "anew"}, "b": {"text": "y", "after": ["a"]}, "t": {"tied": "a"}})
        counts = bench.good("up").counts
        found.append((counts, refreshed, bench.remembered(), bench.world))
    assert found[0] == found[1]
