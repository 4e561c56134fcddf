"""From one lock to another: order, needs, packages that come, go and step back; and `rackwright lock`.

Whole texts: tests/golden/locks/diff/.
"""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from rackwright.cli.app import build
from rackwright.locks import load_lock
from rackwright.locks.components import components
from rackwright.locks.diff import diff

RUNNER = CliRunner()


def run(*words: str) -> tuple[int, str]:
    done = RUNNER.invoke(build("lock"), ["lock", *words])
    return (done.exit_code if done.exception is None or done.exit_code else 1), done.stdout


def test_nothing_changes_between_a_lock_and_itself() -> None:
    lock = load_lock("h100-debian13")
    same = diff(lock, lock, components())
    assert (same.rows, same.heads, same.need) == ((), (), "nothing")
    assert (
        run("diff", "h100-debian13", "h100-debian13")[1]
        == "h100-debian13 -> h100-debian13: 0 rows to change\n"
    )


def test_an_upgrade_goes_from_low_to_high_and_says_the_most_that_it_needs() -> None:
    found = diff(load_lock("h100-ubuntu2404-570"), load_lock("h100-ubuntu2404"), components())
    names = [row.name for row in found.rows]
    assert names[:3] == ["kernel", "driver", "persistence"]
    assert names.index("driver") < names.index("fabric_manager") < names.index("kubernetes")
    assert found.need == "reboot"
    assert {row.name: row.need for row in found.rows}["kubernetes"] == "drain"


def test_the_way_back_is_marked() -> None:
    found = diff(load_lock("h100-debian13"), load_lock("h100-debian13-570"), components())
    rows = {row.name: row for row in found.rows}
    assert rows["driver"].step == "downgrade"
    assert rows["dcgm_exporter"].step == "removed"
    steps = {change.name: change.step for change in rows["fabric_manager"].packages}
    assert steps == {"nvidia-fabricmanager-570": "added", "nvidia-fabricmanager-580": "removed"}


def test_another_distribution_means_installing_anew() -> None:
    found = diff(load_lock("h100-debian13"), load_lock("h100-ubuntu2404"), components())
    assert {head.name for head in found.heads} == {"os", "image"}
    assert (
        "os: debian 13 -> ubuntu 24: machines are installed anew"
        in run("diff", "h100-debian13", "h100-ubuntu2404")[1]
    )


def test_json_says_the_same() -> None:
    code, text = run("diff", "h100-debian13-570", "h100-debian13", "--json")
    assert code == 0
    read = json.loads(text)
    assert (read["need"], read["rows"][0]["name"], read["rows"][0]["need"]) == ("reboot", "driver", "reboot")
    assert read["rows"][0]["packages"][0] == {
        "name": "libcuda1", "before": "570.158.01-1", "after": "580.159.03-1", "step": "upgrade",
    }  # fmt: skip


def test_check_says_rows_and_rules() -> None:
    code, text = run("check", "h100-debian13", "mi300x-ubuntu2404")
    assert code == 0
    assert text.splitlines()[0].startswith("OK: h100-debian13: 17 rows hold against ")


def test_check_of_a_path_says_every_problem_in_json(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("name: mine\nextends: h100-debian13\nrows: {driver: null, h: null}\n")
    code, text = run("check", "mine.yaml", "h100-debian13", "--json")
    read = json.loads(text)
    assert (code, read["ok"], [row["ok"] for row in read["locks"]]) == (2, False, [False, True])
    assert {"file", "line", "column", "path", "found", "expected", "hint"} == set(
        read["locks"][0]["problems"][0]
    )


@pytest.mark.parametrize("words", [("check", "h100-debain13"), ("diff", "h100-debian13", "nowhere.yaml")])
def test_no_such_lock(words: tuple[str, ...]) -> None:
    done = RUNNER.invoke(build("lock"), ["lock", *words])
    assert "no host lock" in str(done.exception)


def test_the_list_has_every_lock() -> None:
    code, text = run("list", "--json")
    assert code == 0
    rows = {row["name"]: row for row in json.loads(text)}
    assert rows["h100-debian13"]["previous"] == "h100-debian13-570"
    assert len(run("list")[1].splitlines()) == len(rows) + 1
