"""A roll on hosts of paper: stop rule, resume after a stop and after a kill, order of steps."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml
from tests.plain_lab import plain_lab

from rackwright import paths, pipeline
from rackwright.errors import UsageError, WorldRefused
from rackwright.resources.ansible_run import HostResult
from rackwright.roll import batch as steps
from rackwright.roll import run as rolling
from rackwright.roll import wishes as wishing
from rackwright.roll.journal import latest
from rackwright.roll.outcome import Ended
from rackwright.roll.plan import sizes
from rackwright.roll.run import roll
from rackwright.roll.wishes import Wishes

HOSTS = [f"gpu-su01-n{number:02}" for number in range(1, 13)]


class Killed(BaseException):
    """As if the process had been killed at this point."""


@dataclass
class Paper:
    """Twelve hosts: what is wrong with each, and everything that was done to them."""

    log: list[tuple[str, str]] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    """Host to the step that fails."""
    kill: tuple[str, str] = ("", "")
    """(step, host) at which the roll is killed."""
    at_lock: set[str] = field(default_factory=set)
    boots: dict[str, int] = field(default_factory=lambda: dict.fromkeys(HOSTS, 1))
    target: str = "sha256:1"

    def did(self, step: str, host: str) -> None:
        self.log.append((step, host))
        if self.kill == (step, host):
            self.kill = ("", "")
            raise Killed

    def steps(self, host: str) -> list[str]:
        return [step for step, name in self.log if name == host]

    async def change(self, roles, hosts, check, tell) -> Mapping[str, HostResult]:
        if check:
            return {h: HostResult(h, changed=int(h not in self.at_lock)) for h in hosts}
        found = {}
        for host in hosts:
            self.did("roles", host)
            found[host] = HostResult(host, changed=int(host not in self.at_lock))
            if self.broken.get(host) == "roles":
                found[host].failed = "nvidia_driver: Install: no space"
                continue
            if host not in self.at_lock:
                self.boots[host] += 1
            self.at_lock.add(host)
        return found

    async def call_all(self, command, hosts, seconds) -> dict[str, str]:
        for host in hosts:
            self.did(command, host)
        return {host: "refused" if self.broken.get(host) == command else "" for host in hosts}


class PaperGate:
    """The gate of hosts of paper."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper

    async def boots(self, hosts) -> dict[str, tuple[str, str]]:
        gone = {host for host in hosts if self.paper.broken.get(host) == "reach"}
        return {h: ("", "no answer") if h in gone else (str(self.paper.boots[h]), "") for h in hosts}

    async def wrong(self, hosts, seconds) -> dict[str, str]:
        for host in hosts if seconds else ():
            self.paper.did("gate", host)
        return {h: "node: GPU count" if self.paper.broken.get(h) == "gate" else "" for h in hosts}


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    spec = plain_lab()
    spec |= {"cluster": "paper", "machines": {"gpu": {"sku": "dgx-h100", "count": 12, "unit_size": 12}}}
    del spec["storage"]
    path = tmp_path_factory.mktemp("paper") / "cluster.yaml"
    path.write_text(yaml.safe_dump(spec))
    return pipeline.plan(str(path))


@pytest.fixture
def paper(monkeypatch, tmp_path):
    made = Paper()

    async def nothing(known_hosts: Path) -> None:
        """No Ansible is left over."""

    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path))
    monkeypatch.setattr(rolling, "change", made.change)
    monkeypatch.setattr(steps, "change", made.change)
    monkeypatch.setattr(rolling, "Gate", lambda planned: PaperGate(made))
    monkeypatch.setattr(rolling.leftover, "wait", nothing)
    monkeypatch.setattr(steps.hooks, "call_all", made.call_all)
    monkeypatch.setattr(wishing, "digest", lambda file, hosts, roles: made.target)
    return made


WISHES = Wishes(drain="drain", back="return")


def go(planned, **more):
    events = []
    outcome = roll(planned, replace(WISHES, **more), events.append)
    return outcome, events


def begun(events) -> list[list[str]]:
    return [event["hosts"] for event in events if event["event"] == "batch"]


def test_all_hosts_step_by_step(planned, paper):
    outcome, events = go(planned)
    assert (outcome.ended, outcome.exit_code, outcome.names("done")) == (Ended.COMPLETE, 0, HOSTS)
    assert [len(batch) for batch in begun(events)] == [1, 1, 2, 2, 2, 2, 2]
    assert all(paper.steps(host) == ["drain", "roles", "gate", "return"] for host in HOSTS)
    assert all(entry.why == "1 changes, rebooted" for entry in outcome.hosts.values())


def test_a_host_with_nothing_to_change_is_left_alone_and_told(planned, paper):
    paper.at_lock = {HOSTS[0], HOSTS[5]}
    outcome, _ = go(planned)
    assert outcome.names("skipped") == [HOSTS[0], HOSTS[5]]
    assert outcome.hosts[HOSTS[0]].why == "nothing to change, and no reboot is needed"
    assert paper.steps(HOSTS[0]) == []


@pytest.mark.parametrize(
    ("step", "done", "drained"),
    [
        ("reach", [], False),
        ("drain", ["drain"], True),
        ("roles", ["drain", "roles"], True),
        ("gate", ["drain", "roles", "gate"], True),
        ("return", ["drain", "roles", "gate", "return"], True),
    ],
)
def test_a_host_that_fails_takes_no_further_step_and_the_roll_stops(planned, paper, step, done, drained):
    _, events = go(planned, check=True)
    plan = next(event["batches"] for event in events if event["event"] == "plan")
    bad = plan[2][0]
    paper.broken = {bad: step}
    outcome, events = go(planned)
    assert (outcome.ended, outcome.exit_code) == (Ended.STOPPED, 3)
    assert begun(events) == plan[:3], "the batch comes to its end, and no other begins"
    assert outcome.names("done") == sorted([*plan[0], *plan[1], plan[2][1]])
    assert paper.steps(bad) == done
    assert (outcome.hosts[bad].step, outcome.hosts[bad].drained) == (step, drained)
    untouched = {name for batch in plan[3:] for name in batch}
    assert set(outcome.untouched) == untouched
    assert all(paper.steps(name) == [] for name in untouched)


@pytest.mark.parametrize(("limit", "stopped_after"), [(1, 1), (2, 3), (3, 7)])
def test_so_many_may_fail(planned, paper, limit, stopped_after):
    _, events = go(planned, check=True)
    plan = next(event["batches"] for event in events if event["event"] == "plan")
    paper.broken = {plan[0][0]: "reach", plan[2][1]: "gate"}
    outcome, events = go(planned, max_failures=limit)
    assert len(begun(events)) == stopped_after
    assert outcome.exit_code == 3
    assert outcome.ended is (Ended.COMPLETE if limit == 3 else Ended.STOPPED)


def test_run_again_it_begins_with_those_that_failed_and_redoes_nobody(planned, paper):
    paper.broken = {HOSTS[3]: "roles"}
    first, _ = go(planned)
    done = first.names("done")
    paper.broken, paper.log = {}, []
    second, events = go(planned)
    assert (second.ended, second.exit_code, second.names("done")) == (Ended.COMPLETE, 0, HOSTS)
    assert begun(events)[0] == [HOSTS[3]]
    assert begun(events)[1:] == [list(b) for b in first.batches if b[0] in first.untouched]
    assert all(paper.steps(host) == [] for host in done)
    assert set(paper.boots.values()) == {2}, "nobody is rebooted twice"
    assert next(event for event in events if event["event"] == "begin")["resumed"]


def test_failed_ones_can_be_left_out_and_are_not_forgotten(planned, paper):
    paper.broken = {HOSTS[3]: "gate"}
    go(planned)
    outcome, events = go(planned, skip_failed=True)
    assert all(HOSTS[3] not in batch for batch in begun(events))
    assert (outcome.ended, outcome.exit_code, outcome.names("failed")) == (Ended.COMPLETE, 3, [HOSTS[3]])
    assert outcome.hosts[HOSTS[3]].drained
    paper.broken = {}
    outcome, events = go(planned)
    assert begun(events) == [[HOSTS[3]]]
    assert outcome.exit_code == 0


@pytest.mark.parametrize("step", ["drain", "roles", "gate", "return"])
def test_killed_at_any_step_it_goes_on_and_no_host_is_lost(planned, paper, step):
    paper.kill = (step, HOSTS[6])
    with pytest.raises(Killed):
        go(planned)
    left = latest(paths.state_dir("paper"))
    assert HOSTS[6] in left.unfinished
    paper.log = []
    outcome, events = go(planned)
    assert begun(events)[0] == sorted(left.unfinished)
    assert paper.steps(HOSTS[6]) == ["drain", "roles", "gate", "return"]
    assert (outcome.exit_code, outcome.names("done")) == (0, HOSTS)
    assert set(paper.boots.values()) == {2}, "nobody is rebooted twice"
    assert latest(paths.state_dir("paper")).complete


def test_a_host_that_was_finished_and_is_not_well_counts_and_is_done_again(planned, paper):
    paper.broken = {HOSTS[6]: "gate"}
    first, _ = go(planned)
    assert first.ended is Ended.STOPPED
    sick = first.names("done")[0]
    paper.broken = {sick: "gate"}
    second, events = go(planned)
    assert (second.ended, begun(events)) == (Ended.STOPPED, [])
    assert second.hosts[sick].step == "look"
    assert second.names("failed") == sorted([sick, HOSTS[6]])
    paper.broken = {}
    third, events = go(planned)
    assert begun(events)[0] == sorted([sick, HOSTS[6]])
    assert third.exit_code == 0


def test_another_target_begins_anew_with_what_the_last_roll_left(planned, paper):
    paper.broken = {HOSTS[3]: "gate"}
    go(planned)
    paper.broken, paper.target, paper.at_lock, paper.log = {}, "sha256:2", set(), []
    outcome, events = go(planned)
    assert not next(event for event in events if event["event"] == "begin")["resumed"]
    assert begun(events)[0] == [HOSTS[3]]
    assert outcome.names("done") == HOSTS


def test_a_roll_of_one_host_forgets_no_other(planned, paper):
    paper.broken = {HOSTS[3]: "gate"}
    go(planned)
    paper.broken = {}
    outcome, events = go(planned, hosts=(HOSTS[8],))
    assert begun(events) == [[HOSTS[8]]] or outcome.names("skipped") == [HOSTS[8]]
    assert HOSTS[3] in latest(paths.state_dir("paper")).unfinished
    _, events = go(planned)
    assert begun(events)[0] == [HOSTS[3]]


def test_a_complete_roll_looks_again_and_does_nothing(planned, paper):
    go(planned)
    paper.log = []
    outcome, events = go(planned)
    assert (outcome.names("skipped"), begun(events), paper.log) == (HOSTS, [], [])
    assert outcome.exit_code == 0


def test_a_check_does_nothing_and_says_what_would_be_done(planned, paper):
    outcome, events = go(planned, check=True)
    assert (outcome.ended, outcome.exit_code) == (Ended.CHECKED, 1)
    assert sorted(outcome.untouched) == HOSTS
    assert paper.log == []
    assert latest(paths.state_dir("paper")) is None
    assert {event["host"] for event in events if event["event"] == "todo"} == set(HOSTS)
    paper.at_lock = set(HOSTS)
    assert go(planned, check=True)[0].exit_code == 0


def test_without_commands_nobody_is_called_drained(planned, paper):
    paper.broken = {HOSTS[3]: "gate"}
    outcome, _ = go(planned, drain="", back="")
    assert paper.steps(HOSTS[3]) == ["roles", "gate"]
    assert not outcome.hosts[HOSTS[3]].drained


def test_a_host_that_stays_away_is_still_drained(planned, paper):
    paper.broken = {HOSTS[3]: "roles"}
    go(planned)
    paper.broken = {HOSTS[3]: "reach"}
    outcome, _ = go(planned)
    assert (outcome.hosts[HOSTS[3]].step, outcome.hosts[HOSTS[3]].drained) == ("reach", True)


def test_a_look_that_cannot_be_made_drains_nobody(planned, paper, monkeypatch):
    async def broken(roles, hosts, check, tell):
        raise WorldRefused("roles", "look", "syntax error")

    monkeypatch.setattr(rolling, "change", broken)
    with pytest.raises(WorldRefused):
        go(planned)
    assert paper.log == []


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"hosts": ("gpu-su01-n1",)}, "no server gpu-su01-n1 in paper; did you mean"),
        ({"roles": ("nvidia_drive",)}, "no role nvidia_drive; did you mean nvidia_driver"),
        ({"drain": "a 'b"}, "No closing quotation"),
    ],
)
def test_bad_wishes_are_told_before_anything(planned, paper, wishes, words):
    with pytest.raises(UsageError, match=words):
        go(planned, **wishes)
    assert paper.log == []


def test_the_sizes_are_the_users(planned, paper):
    _, events = go(planned, sizes=sizes("5,7"))
    assert [len(batch) for batch in begun(events)] == [5, 7]


def test_interrupted_once_the_batch_comes_to_its_end(planned, paper, monkeypatch):
    real = paper.change

    async def interrupted(roles, hosts, check, tell):
        if not check and len(hosts) == 2 and len(paper.at_lock) < 4:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0.1)
        return await real(roles, hosts, check, tell)

    monkeypatch.setattr(steps, "change", interrupted)
    outcome, _ = go(planned)
    assert (outcome.ended, outcome.exit_code) == (Ended.INTERRUPTED, 130)
    assert len(outcome.names("done")) == 4
    assert len(outcome.untouched) == 8
    outcome, _ = go(planned)
    assert outcome.names("done") == HOSTS
    assert set(paper.boots.values()) == {2}
