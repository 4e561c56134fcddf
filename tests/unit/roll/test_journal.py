"""The journal of a roll: nothing is lost by a kill, and a cut line announces a step that never began."""

from __future__ import annotations

import os

import pytest

from rackwright.roll.journal import Damaged, Entry, Journal, Order, latest, read

ORDER = Order("sha256:1", "a-lock", ("base",), ("h1", "h2", "h3"))
AT = "2026-01-01T00:00:00+00:00"


def made(state, *entries, left=None):
    """A journal with a plan and what has happened since."""
    journal = Journal.begin(state, ORDER, left or {})
    journal.batches([("h1",), ("h2", "h3")])
    for entry in entries:
        journal.put(entry)
    journal.close()
    return latest(state)


def test_what_was_written_is_read(tmp_path):
    run = made(
        tmp_path, {"h1": Entry("draining", AT, drained=True)}, {"h1": Entry("done", AT, why="3 changes")}
    )
    assert run.order == ORDER
    assert run.batches == (("h1",), ("h2", "h3"))
    assert run.hosts == {"h1": Entry("done", AT, why="3 changes")}
    assert run.unfinished == {}
    assert not run.complete


def test_a_run_is_complete_when_every_planned_host_is_finished(tmp_path):
    run = made(tmp_path, {name: Entry("done", AT) for name in ("h1", "h2")}, {"h3": Entry("skipped", AT)})
    assert run.complete


@pytest.mark.parametrize("phase", ["draining", "changing", "proving", "returning"])
def test_a_step_whose_end_nobody_saw_is_a_failure_of_its_own(tmp_path, phase):
    run = made(tmp_path, {"h1": Entry(phase, AT, drained=True)})
    [entry] = run.unfinished.values()
    assert (entry.phase, entry.step, entry.drained) == ("failed", "cut", True)
    assert phase in entry.why


def test_a_new_roll_carries_on_what_the_last_left(tmp_path):
    left = {"h9": Entry("failed", AT, "gate", "GPU count", True)}
    assert made(tmp_path, left=left).unfinished == left


def test_a_line_that_was_cut_short_at_any_byte_never_began(tmp_path):
    run = made(tmp_path, {"h1": Entry("draining", AT)}, {"h1": Entry("done", AT)})
    data = run.path.read_bytes()
    start = data.rindex(b"\n", 0, len(data) - 1) + 1
    for size in range(start, len(data)):
        run.path.write_bytes(data[:size])
        assert read(run.path).hosts["h1"].phase == "draining"
    journal = Journal(run.path)
    journal.put({"h1": Entry("changing", AT)})
    journal.close()
    assert read(run.path).hosts["h1"].phase == "changing", "the torn line is gone, the next one stands alone"


def test_an_older_roll_counts_when_the_newest_has_not_even_begun(tmp_path):
    run = made(tmp_path)
    (tmp_path / "roll" / "99990101T000000000000Z.jsonl").write_text('{"order": {"tar')
    assert latest(tmp_path).path == run.path


@pytest.mark.parametrize("line", ["x", '{"host": "h1", "phase": "flying", "at": "now"}', '{"host": "h1"}'])
def test_a_damaged_line_stops_everything_and_names_the_file(tmp_path, line):
    run = made(tmp_path)
    run.path.write_text(run.path.read_text() + line + "\n" + '{"batches": []}\n')
    with pytest.raises(Damaged, match=r"line 3: .*; nothing was changed; look at it, then move it away"):
        latest(tmp_path)


def test_no_roll(tmp_path):
    assert latest(tmp_path) is None


def test_nothing_follows_a_line_that_could_not_be_written(tmp_path, monkeypatch):
    journal = Journal.begin(tmp_path, ORDER, {})
    real = os.write

    def full(descriptor, data):
        real(descriptor, data[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        journal.put({"h1": Entry("draining", AT)})
    monkeypatch.setattr(os, "write", real)
    with pytest.raises(OSError, match=r"journal cannot be written: .*No space left"):
        journal.put({"h2": Entry("draining", AT)})
    journal.close()
    assert latest(tmp_path).hosts == {}


def test_others_cannot_read_it(tmp_path):
    path = made(tmp_path).path
    assert path.stat().st_mode & 0o077 == 0
