"""Writing: whole files, only where something changed, and nobody else's file is touched."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from rackwright.errors import UsageError
from rackwright.render import write as writing
from rackwright.render.build import Files
from rackwright.render.write import LIST, Written, flat

FILES = Files({"a": {"/etc/x": "1\n", "/etc/y/z": "2\n"}, "b": {"/etc/x": "3\n"}}, {"plan.csv": "p\n"})


def write(files: Files, out: Path, workers: int = 1) -> Written:
    """In two batches, so that more than one process has something to do."""
    listed = sorted(flat(files).items())
    made = [lambda: listed[::2], lambda: listed[1::2]]
    return writing.write(made, out, workers)


def test_a_second_time_nothing_is_written(tmp_path):
    assert write(FILES, tmp_path).written == tuple(sorted(flat(FILES)))
    before = {path: os.stat(tmp_path / path).st_mtime_ns for path in flat(FILES)}
    again = write(FILES, tmp_path)
    assert (again.written, again.removed, again.unchanged) == ((), (), 4)
    assert before == {path: os.stat(tmp_path / path).st_mtime_ns for path in flat(FILES)}


def test_only_what_changed_is_written(tmp_path):
    write(FILES, tmp_path)
    (tmp_path / "devices/b/etc/x").write_text("by hand\n")
    assert write(FILES, tmp_path).written == ("devices/b/etc/x",)


def test_what_is_no_longer_rendered_goes_and_what_others_put_there_stays(tmp_path):
    write(FILES, tmp_path)
    (tmp_path / "devices/a/etc/y/notes").write_text("mine\n")
    (tmp_path / "README").write_text("mine\n")
    fewer = dataclasses.replace(FILES, devices={"a": {"/etc/x": "1\n"}})
    assert write(fewer, tmp_path).removed == ("devices/a/etc/y/z", "devices/b/etc/x")
    assert not (tmp_path / "devices/b").exists()
    assert (tmp_path / "devices/a/etc/y/notes").read_text() == "mine\n"
    assert (tmp_path / "README").read_text() == "mine\n"


def test_an_edited_list_does_not_make_us_remove_files_elsewhere(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("keep\n")
    out = tmp_path / "out"
    write(FILES, out)
    with (out / LIST).open("a") as listed:
        listed.write("../victim\n")
    write(FILES, out)
    assert victim.read_text() == "keep\n"


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write to"):
        write(FILES, tmp_path / "file" / "out")


def test_worker_processes_write_the_same(tmp_path):
    alone, shared = write(FILES, tmp_path / "one"), write(FILES, tmp_path / "two", workers=2)
    assert alone == shared
    for path in (tmp_path / "one").rglob("*"):
        twin = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert twin.is_dir() if path.is_dir() else twin.read_bytes() == path.read_bytes()


def test_a_killed_run_leaves_no_file_that_no_list_knows(tmp_path):
    def killed():
        yield "devices/a/etc/x", "1\n"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        writing.write([killed], tmp_path)
    assert (tmp_path / "devices/a/etc/x").is_file()
    assert write(Files({}, {"plan.csv": "p\n"}), tmp_path).removed == ("devices/a/etc/x",)
    assert sorted(path.name for path in tmp_path.iterdir()) == [LIST, "plan.csv"]
