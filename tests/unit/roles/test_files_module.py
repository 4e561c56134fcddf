"""The files module, run as Ansible runs it, on a folder of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.rackwright.node.plugins.modules import files


def run(capsys: pytest.CaptureFixture[str], check: bool = False, **arguments: Any) -> dict[str, Any]:
    with patch_module_args({**arguments, "_ansible_check_mode": check}), pytest.raises(SystemExit):
        files.main()
    return json.loads(capsys.readouterr().out)


def test_writes_once_then_finds_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = [{"path": str(tmp_path / "a" / "b.conf"), "content": "x\n"}]
    first = run(capsys, files=wanted)
    assert first["changed"]
    assert first["diff"][0]["after"] == "x\n"
    assert (tmp_path / "a" / "b.conf").read_text() == "x\n"
    second = run(capsys, files=wanted)
    assert not second["changed"]
    assert second["diff"] == []


def test_check_mode_says_what_it_would_do_and_does_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(capsys, check=True, files=[{"path": str(tmp_path / "a"), "content": "x\n"}])
    assert found["changed"]
    assert not (tmp_path / "a").exists()


def test_a_refused_file_never_takes_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a"
    path.write_text("good\n")
    path.chmod(0o644)
    found = run(capsys, files=[{"path": str(path), "content": "bad\n", "validate": "grep -q good %s"}])
    assert found["failed"]
    assert str(path) in found["msg"]
    assert path.read_text() == "good\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_wrong_mode_is_set_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a"
    path.write_text("x\n")
    path.chmod(0o666)
    assert run(capsys, files=[{"path": str(path), "content": "x\n"}])["changed"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_only_stale_files_of_ours_are_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.network").write_text("# Written by rackwright: old\n")
    (tmp_path / "theirs.network").write_text("[Match]\n")
    found = run(
        capsys,
        files=[{"path": str(tmp_path / "new.network"), "content": "# Written by rackwright: new\n"}],
        exclusive=[f"{tmp_path}/*.network"],
        marker="# Written by rackwright",
    )
    assert found["removed"] == [str(tmp_path / "old.network")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.network", "theirs.network"]
