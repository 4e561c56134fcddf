"""How GPUs are divided, judged from what nvidia-smi and amd-smi say; each fault is found and named."""

from __future__ import annotations

import dataclasses
import json

import pytest
from world import World

from rackwright.locks import load_lock
from rackwright.verify.checks.every import Subject, every, judged
from rackwright.verify.facts import from_record
from rackwright.verify.questions import questions

NODE = "gpu-su01-n01"
HALVES = [
    {"profile": "3g.40gb", "id": 9, "start": 0, "size": 4},
    {"profile": "3g.40gb", "id": 9, "start": 4, "size": 4},
]
ON = {"mode": "on", "partitions": HALVES, "compute_modes": ["Default"]}
OFF = {"mode": "off", "partitions": [], "compute_modes": ["Default"]}
AMD = {"compute": "CPX", "memory": "NPS4", "parts": 8}


@pytest.fixture(scope="module")
def world():
    return World("plain")


def modes(mode="Enabled", compute="Default", gpus=8):
    rows = [f"{n}, 00000000:1{n}:00.0, {mode}, {compute}" for n in range(gpus)]
    return (0, "\n".join(rows) + "\n")


def instances(places=((2, 0), (1, 4)), gpus=8):
    rows = [
        f"|   {n}  MIG 3g.40gb            9        {number}          {start}:4     |"
        for n in range(gpus)
        for number, start in places
    ]
    return (0, "\n".join(rows) + "\n")


def subject(world, sharing, lock=None, **answers):
    record = world.record(NODE)
    for name, (rc, out) in answers.items():
        record[name] = {"rc": rc, "out": out, "err": ""}
    want = dataclasses.replace(world.expected[NODE], sharing=sharing)
    return Subject(want, from_record({"answers": record}), lock or world.lock)


def seen(verdicts):
    return {v.check: (v.outcome, v.found) for v in verdicts}


def test_as_laid_out(world):
    found = judged("gpu_sharing", subject(world, ON, gpu_sharing=modes(), gpu_instances=instances()))
    assert {v.outcome for v in found} == {"pass"}
    assert {v.check for v in found} == {"MIG mode", "MIG instances", "compute mode"}


@pytest.mark.parametrize(
    ("sharing", "answers", "check", "found"),
    [
        (ON, {"gpu_instances": instances(gpus=7)}, "MIG instances", "GPU 7: none"),
        (ON, {"gpu_instances": instances(((1, 4),))}, "MIG instances", "GPU 0: 3g.40gb (9) 4:4"),
        (ON, {"gpu_instances": (6, "No GPU instances found: Not Found\n")}, "MIG instances", "GPU 0: none"),
        (ON, {"gpu_sharing": modes("Disabled")}, "MIG mode", "GPU 0: Disabled"),
        (OFF, {}, "MIG mode", "GPU 0: Enabled"),
        (ON, {"gpu_sharing": modes(compute="Prohibited")}, "compute mode", "GPU 0: Prohibited"),
    ],
)
def test_each_fault_is_named(world, sharing, answers, check, found):
    sound = {"gpu_sharing": modes(), "gpu_instances": instances()}
    outcome, text = seen(judged("gpu_sharing", subject(world, sharing, **{**sound, **answers})))[check]
    assert outcome == "fail"
    assert text.startswith(found)


def test_a_gpu_without_mig_is_whole(world):
    found = seen(judged("gpu_sharing", subject(world, OFF, gpu_sharing=modes("[N/A]"))))
    assert found["MIG mode"][0] == "pass"


def test_dynamic_mig_fixes_nothing_but_the_compute_mode(world):
    dynamic = {**OFF, "mode": "dynamic"}
    assert set(seen(judged("gpu_sharing", subject(world, dynamic, gpu_sharing=modes())))) == {"compute mode"}


@pytest.mark.parametrize("answer", [(None, ""), (127, "not found\n"), (9, "NVIDIA-SMI has failed\n")])
def test_no_answer_is_not_measured(world, answer):
    [one] = judged("gpu_sharing", subject(world, ON, gpu_sharing=answer, gpu_instances=answer))
    assert one.outcome == "not measured"
    last = judged("gpu_sharing", subject(world, ON, gpu_sharing=modes(), gpu_instances=answer))[-1]
    assert last.outcome == "not measured"


def test_the_mode_is_judged_once(world):
    """The general rule (no MIG) holds where nobody hands GPUs out."""
    both = every(
        subject(world, ON, gpu_sharing=modes(), gpu_instances=instances()), ("gpu_health", "gpu_sharing")
    )
    assert [v.outcome for v in both if v.check == "MIG mode"] == ["pass"]
    alone = every(subject(world, None), ("gpu_health", "gpu_sharing"))
    assert [v.check for v in alone].count("MIG mode") == 1


def partitions(compute="CPX", memory="NPS4", count=64):
    own = {"accelerator_partition": compute, "memory_partition": memory, "partition_id": 0}
    return (0, json.dumps({"gpu_data": [{"gpu": n, "partition": own} for n in range(count)]}))


@pytest.mark.parametrize(
    ("answer", "outcome", "found"),
    [
        (partitions(), "pass", "CPX NPS4"),
        (partitions(count=56), "fail", "56 CPX NPS4"),
        (partitions("SPX", "NPS1", 8), "fail", "8 SPX NPS1"),
        ((34, "the amdgpu driver is not loaded"), "not measured", "gpu_partitions: exit 34"),
    ],
)
def test_amds_partitions(world, answer, outcome, found):
    lock = load_lock("mi300x-ubuntu2404").rows
    [one] = judged("gpu_sharing", subject(world, AMD, lock, gpu_partitions=answer))
    assert one.outcome == outcome
    assert one.found.startswith(found)


def test_only_what_there_is_to_judge_is_asked(world):
    want = world.expected[NODE]
    assert "gpu_instances" not in questions(want)
    assert "gpu_instances" in questions(dataclasses.replace(want, sharing=ON))
    assert "gpu_partitions" in questions(dataclasses.replace(want, sharing=AMD))
