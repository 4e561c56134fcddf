"""tests/nodes over records: the same verdicts as the checks give, through testinfra and pytest."""

from __future__ import annotations

import pytest
from world import RUN, World

from rackwright.errors import WorldRefused
from rackwright.verify import causes, fleet, together
from rackwright.verify.checks.every import Subject, every
from rackwright.verify.facts import from_record
from rackwright.verify.nodes import record_file


def records(world: World):
    wires = {s.name: [p.wire() for p in world.prober.probes(s)] for s in world.design.servers}
    return {
        name: record_file(
            want,
            {} if name in world.dead else world.record(name),
            wires.get(name, []),
            RUN,
            "no answer within 8 s" if name in world.dead else None,
        )
        for name, want in world.expected.items()
    }


@pytest.fixture(scope="module")
def world():
    broken = World()
    broken.swap("backend-su01-r0:swp1s0", "backend-su01-r1:swp1s1")
    broken.die("gpu-su01-n04")
    broken.answer("gpu-su01-n03", "lldp", "no answer in 10 s", None)
    return broken


def direct(world: World, name: str):
    record = None if name in world.dead else {"answers": world.record(name)}
    server = next((s for s in world.design.servers if s.name == name), None)
    probes = world.prober.probes(server) if server else ()
    return every(
        Subject(world.expected[name], from_record(record, "no answer within 8 s"), world.lock, probes, RUN)
    )


def test_a_record_gives_the_verdicts_that_the_checks_give(world):
    judged = fleet.judge(world.planned.path, RUN, records(world))

    def key(verdict):
        # Why something was not measured is worded by the backend there, by the record here.
        found = "" if verdict.outcome == "not measured" else verdict.found
        return (verdict.place, verdict.check, verdict.outcome, found, verdict.count)

    wanted = sorted(key(v) for name in world.expected for v in direct(world, name))
    assert sorted(key(v) for v in judged) == wanted
    assert {v.outcome for v in judged} == {"pass", "fail", "not measured"}


def test_the_same_findings_come_out(world):
    judged = fleet.judge(world.planned.path, RUN, records(world))
    around = [v for v in world.verdicts() if v.check in ("reach", "power", "bmc")]
    found = {(f.cause, f.place) for f in causes.find([*judged, *around])}
    assert found == {(f.cause, f.place) for f in world.findings()}


def test_a_broken_node_test_is_an_error_and_never_a_pass(world, tmp_path, monkeypatch):
    tests = tmp_path / "tests" / "nodes"
    tests.mkdir(parents=True)
    home = fleet.paths.home()
    for name in ("conftest.py", "pytest.ini"):
        (tests / name).write_text((home / "tests" / "nodes" / name).read_text())
    (tests / "test_broken.py").write_text("import nothing_like_this\n")
    monkeypatch.setattr(fleet.paths, "home", lambda: tmp_path)
    with pytest.raises(WorldRefused, match="judging the records"):
        fleet.judge(world.planned.path, RUN, records(world))


def test_readers_form_a_ring(world):
    ring = together.readers(world.expected)
    assert ring
    assert set(ring) == set(ring.values())
    assert all(reader != peer for reader, peer in ring.items())
