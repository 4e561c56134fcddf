"""State and journal: atomic, checked, backed up, and whole after a kill at any line."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from rackwright.engine import state
from rackwright.engine.journal import Journal, replay
from rackwright.engine.state import Damaged, Record, State, beside, load, save


def item(name: str, **more: object) -> Record:
    return replace(Record(f"urn:pulumi:s::p::t:m:T::{name}", "t:m:T", True, id=name), **more)  # type: ignore[arg-type]


def saved(path: Path, *names: str) -> State:
    known = State({item(name).urn: item(name, dependencies=("x",)) for name in names}, {"out": 1})
    save(path, known)
    return known


def test_what_is_saved_is_loaded_and_the_one_before_is_the_backup(tmp_path: Path) -> None:
    path = tmp_path / "a" / "s.json"
    first = saved(path, "a")
    second = saved(path, "a", "b")
    assert load(path) == second
    assert load(beside(path, ".backup")) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert not beside(path, ".new").exists()


def test_saving_the_same_keeps_the_backup(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    first = saved(path, "a")
    saved(path, "a", "b")
    saved(path, "a", "b")
    assert load(beside(path, ".backup")) == first


@pytest.mark.parametrize("backup", [True, False])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"out": 1', '"out": 2'),
        lambda text: "",
        lambda text: "[]",
        lambda text: text.replace('"format": 1', '"format": 99'),
    ],
)
def test_damage_is_refused_and_the_backup_named(tmp_path: Path, spoil: object, backup: bool) -> None:
    path = tmp_path / "s.json"
    if backup:
        saved(path, "a")
    saved(path, "a", "b")
    path.write_text(spoil(path.read_text()))  # type: ignore[operator]
    with pytest.raises(Damaged) as caught:
        load(path)
    text = str(caught.value)
    assert "nothing was changed" in text
    assert (str(beside(path, ".backup")) in text) == backup


def test_a_lost_file_beside_a_backup_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    assert load(path) == State()
    saved(path, "a")
    saved(path, "b")
    path.unlink()
    with pytest.raises(Damaged, match="the file is gone"):
        load(path)


def test_a_full_disk_while_saving_keeps_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.json"
    first = saved(path, "a")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(state.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        saved(path, "a", "b")
    assert load(path) == first


def history(path: Path) -> list[str]:
    """A journal of every kind of line: a is made, b is under way, c fails, a is changed, d goes."""
    journal = Journal(path)
    journal.begin("create", item("a", id=""))
    journal.put(item("a"))
    journal.begin("create", item("b", id=""))
    journal.begin("create", item("c", id=""))
    journal.failed(item("c").urn)
    journal.begin("update", item("a"))
    journal.put(item("a", inputs={"x": 1}))
    journal.begin("delete", item("d"))
    journal.remove(item("d").urn)
    journal.outputs({"o": 2})
    journal.close(keep=True)
    return path.read_text().splitlines(keepends=True)


def test_replay_after_the_whole_history(tmp_path: Path) -> None:
    path = tmp_path / "s.json.journal"
    history(path)
    known = State({item("d").urn: item("d")})
    assert replay(path, known) == 1
    assert {one.name: (one.unfinished, dict(one.inputs)) for one in known.resources.values()} == {
        "a": ("", {"x": 1}),
        "b": ("create", {}),
    }
    assert known.resources[item("b").urn].lost_create
    assert known.outputs == {"o": 2}


def test_a_kill_at_any_byte_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.json.journal"
    lines = history(path)
    whole = "".join(lines)
    for cut in range(len(whole) + 1):
        path.write_text(whole[:cut])
        known = State({item("d").urn: item("d")})
        replay(path, known)
        complete = whole[:cut].count("\n")
        names = {one.name for one in known.resources.values()}
        assert ("a" in names) == (complete >= 1 or whole[:cut].rstrip() == lines[0].rstrip())
        assert ("d" in names) == (complete < 9 and whole[:cut] != "".join(lines[:9]).rstrip("\n"))
        again = State({item("d").urn: item("d")})
        replay(path, again)
        replay(path, again)  # killed between saving and removing the journal: replayed once more
        assert again.resources == known.resources


def test_damage_in_the_middle_of_the_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.json.journal"
    lines = history(path)
    path.write_text("".join([*lines[:2], "garbage\n", *lines[2:]]))
    with pytest.raises(Damaged, match="line 3"):
        replay(path, State())


def test_an_interrupted_update_is_remembered_as_unfinished(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    journal.begin("update", item("a"))
    journal.close(keep=True)
    known = State({item("a").urn: item("a")})
    assert replay(path, known) == 1
    assert known.resources[item("a").urn].unfinished == "update"


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    threads = [threading.Thread(target=journal.put, args=(item(f"n{i}"),)) for i in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close(keep=True)
    lines = (tmp_path / "j").read_text().splitlines()
    assert {json.loads(line)["put"]["id"] for line in lines} == {f"n{i}" for i in range(50)}


def test_after_a_full_disk_nothing_more_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "j")
    with monkeypatch.context() as patch:
        patch.setattr("os.write", lambda *args: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            journal.put(item("a"))
    with pytest.raises(OSError, match="journal cannot be written"):
        journal.put(item("b"))
    assert (tmp_path / "j").read_bytes() == b""
