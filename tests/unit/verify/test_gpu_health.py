"""GPU health from answers that are cut short, half broken or of another vendor: never a pass by silence."""

from __future__ import annotations

import pytest
from world import World

from rackwright.locks import load_lock
from rackwright.verify.checks import gpu_health, kernel_log, software
from rackwright.verify.checks.every import Subject, judged
from rackwright.verify.facts import Answer, Facts, from_record

NODE = "gpu-su01-n01"
HEALTH = ("gpu_health", "row_remap", "nvlinks", "fabric_state", "kernel_log", "device_nodes")


@pytest.fixture(scope="module")
def world():
    return World()


def subject(world, **answers):
    """The node with some questions answered otherwise: ``gpus=(9, "text")``."""
    record = world.record(NODE)
    for name, (rc, out) in answers.items():
        record[name] = {"rc": rc, "out": out, "err": ""}
    return Subject(world.expected[NODE], from_record({"answers": record}), world.lock)


@pytest.mark.parametrize("check", HEALTH)
def test_a_sound_node_passes_and_counts_its_gpus(world, check):
    verdicts = judged(check, subject(world))
    assert {v.outcome for v in verdicts} == {"pass"}
    assert all(v.count in (1, 8) for v in verdicts)


@pytest.mark.parametrize(
    ("check", "question"),
    [
        ("gpu_health", "gpu_health"),
        ("row_remap", "gpu_remap"),
        ("nvlinks", "nvlinks"),
        ("fabric_state", "gpu_fabric"),
        ("kernel_log", "kernel_log"),
        ("device_nodes", "gpu_nodes"),
    ],
)
@pytest.mark.parametrize("answer", [(None, ""), (127, "/bin/sh: 1: not found\n"), (2, "")])
def test_no_answer_is_not_measured(world, check, question, answer):
    verdicts = judged(check, subject(world, **{question: answer}))
    assert [v.outcome for v in verdicts] == ["not measured"]
    assert verdicts[0].due


def test_a_field_that_an_old_driver_does_not_know_is_not_measured(world):
    said = 'Field "fabric.state" is not a valid field to query.\n'
    verdicts = judged("fabric_state", subject(world, gpu_fabric=(2, said)))
    assert [v.outcome for v in verdicts] == ["not measured"]
    assert "not a valid field" in verdicts[0].found


def test_gpus_that_do_not_answer_are_counted_as_not_measured(world):
    lines = world.record(NODE)["gpu_remap"]["out"].splitlines()[:6]
    verdicts = judged("row_remap", subject(world, gpu_remap=(0, "\n".join(lines))))
    assert [(v.outcome, v.count) for v in verdicts] == [("pass", 6), ("not measured", 2)] * 2


def test_a_missing_link_line_is_a_missing_link(world):
    text = world.record(NODE)["nvlinks"]["out"].replace("\t Link 17: 26.562 GB/s\n", "", 1)
    wrong = [v for v in judged("nvlinks", subject(world, nvlinks=(0, text))) if v.outcome == "fail"]
    assert [v.found for v in wrong] == ["0000:10:00: 17 links up, wrong: none listed"]


def test_a_link_at_half_its_speed_is_wrong(world):
    text = world.record(NODE)["nvlinks"]["out"].replace("Link 3: 26.562", "Link 3: 13.281", 1)
    wrong = [v for v in judged("nvlinks", subject(world, nvlinks=(0, text))) if v.outcome == "fail"]
    assert [v.found for v in wrong] == ["0000:10:00: 17 links up, wrong: 3"]


def test_the_generation_of_an_idle_link_is_not_judged():
    assert "pcie.link.gen.current" not in gpu_health.HEALTH_FIELDS


def test_gpus_of_another_vendor_are_asked_nothing(world):
    lock = load_lock("mi300x-ubuntu2404").rows
    facts = Facts(lambda question: Answer(0, "", ""))
    want = world.expected[NODE]
    for check in (
        gpu_health.device_nodes,
        gpu_health.health,
        gpu_health.fabric,
        gpu_health.remapped,
        gpu_health.nvlinks,
        kernel_log.kernel_log,
    ):
        assert list(check(facts, want, lock)) == []


def test_a_server_without_gpus_is_judged_where_something_is_installed(world):
    name = next(n for n, want in world.expected.items() if want.kind == "server" and not want.gpus)
    want, record = world.expected[name], world.record(name)
    found = {v.check: v for v in software.software(from_record({"answers": record}), want, world.lock)}
    assert found["containerd"].outcome == "pass"
    record["packages"] = {"rc": 0, "out": "bash 5.2 ii \n", "err": ""}
    bare = {v.check: v for v in software.software(from_record({"answers": record}), want, world.lock)}
    assert (bare["packages containerd"].outcome, bare["packages containerd"].due) == ("not measured", False)
    assert "containerd" not in bare
    assert "packages driver" not in bare


@pytest.mark.parametrize(
    ("version", "numbers"), [("6.12.63+deb13-amd64", (6, 12, 63)), ("4.15", (4, 15)), ("none", ())]
)
def test_numbers_of_a_version(version, numbers):
    assert software.numbers(version) == numbers
