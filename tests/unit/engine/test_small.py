"""Values, events, order, project files, decisions: pure parts, one table each."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from rackwright.engine import project
from rackwright.engine.deployment import sort_out
from rackwright.engine.events import lines
from rackwright.engine.order import needed_first, needing, side_by_side
from rackwright.engine.state import Record
from rackwright.errors import UsageError
from rackwright.provider import life
from rackwright.provider.values import UNKNOWN, has_unknown, normal, plain, struct
from rackwright.resources.handler import Change, Diff


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"mtu": 9216, "share": 0.5, "up": True}, {"mtu": 9216, "share": 0.5, "up": True}),
        ({"a": None, "b": [None, {"c": None}]}, {"b": [None, {}]}),
        ({"t": (1, 2)}, {"t": [1, 2]}),
        ({"big": 4200000123}, {"big": 4200000123}),
    ],
)
def test_values_survive_the_wire(value: dict[str, object], expected: dict[str, object]) -> None:
    back = plain(struct(value))
    assert back == expected == normal(value)
    assert [type(v) for v in back.values()] == [type(v) for v in expected.values()]


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError, match="PosixPath"):
        normal({"p": Path("/")})


def test_unknown_is_found_at_any_depth() -> None:
    assert has_unknown({"a": [{"b": UNKNOWN}]})
    assert not has_unknown({"a": ["b", 1, None]})


@pytest.mark.parametrize(
    ("old", "difference", "act"),
    [
        (None, Diff(), "create"),
        (Record("u", "t", True, unfinished="create"), Diff({"x": Change(1, 2, True)}), "create"),
        (Record("u", "t", True, id="i"), Diff(), "same"),
        (Record("u", "t", True, id="i"), Diff({"x": Change(1, 2)}), "update"),
        (Record("u", "t", True, id="i"), Diff({"x": Change(1, 2, True), "y": Change(1, 2)}), "replace"),
        (Record("u", "t", True, id="i", unfinished="why"), Diff(), "update"),
        (Record("u", "t", True, id="i", unfinished="create"), Diff(), "update"),
    ],
)
def test_sort_out(old: Record | None, difference: Diff, act: str) -> None:
    assert sort_out(old, difference) == act


class Noun:
    stable_outputs = frozenset({"address"})


def test_expected_outputs_in_a_preview() -> None:
    old = {"address": "10.0.0.1", "health": "ok", "text": "a"}
    assert life.expected(Noun(), {"text": "b"}, old) == {  # type: ignore[arg-type]
        "address": "10.0.0.1",
        "health": UNKNOWN,
        "text": "b",
    }
    assert life.expected(Noun(), {"text": "b"}, None) == {"text": "b"}  # type: ignore[arg-type]


def test_a_multi_line_change_is_shown_as_a_text_diff() -> None:
    change = {"old": {"f": "a\nb\nc\n"}, "new": {"f": "a\nB\nc\n"}, "replace": False}
    event = {
        "event": "end",
        "op": "update",
        "type": "t:m:Switch",
        "name": "leaf",
        "ok": True,
        "reason": "",
        "changes": {"files": change, "mtu": {"old": None, "new": UNKNOWN, "replace": False}},
    }
    assert lines(event) == [
        "   ~ t:m:Switch leaf: update",
        "      files.f:",
        "        @@ -1,3 +1,3 @@",
        "         a",
        "        -b",
        "        +B",
        "         c",
        "      mtu: (none) => (known after up)",
    ]


def record(name: str, *needs: str, parent: str = "") -> Record:
    return Record(name, "t", True, dependencies=needs, parent=parent)


def test_order() -> None:
    records = [record("c", "b", "gone"), record("b", "a"), record("a", parent="p"), record("p")]
    assert [one.urn for one in needed_first(records)] == ["p", "a", "b", "c"]
    assert needing(records) == {"p": {"a"}, "a": {"b"}, "b": {"c"}, "c": set()}


def test_side_by_side_holds_up_what_comes_after_a_failure_and_runs_the_rest_together() -> None:
    records = [record("a"), record("b", "a"), record("c", "b"), record("x"), record("y")]
    together, done, held = threading.Barrier(2, timeout=5), [], []

    def work(one: Record) -> bool:
        if one.urn in ("x", "y"):
            together.wait()  # breaks unless both run at the same time
        done.append(one.urn)
        return one.urn != "a"

    after = {one.urn: one.needs for one in records}
    side_by_side(records, after, work, lambda one: held.append(one.urn), 4)
    assert sorted(done) == ["a", "x", "y"]
    assert held == ["b", "c"]


def folder(path: Path, pulumi: str, stack: str = "") -> Path:
    (path / "Pulumi.yaml").write_text(pulumi)
    (path / "__main__.py").write_text("")
    if stack:
        (path / "Pulumi.s.yaml").write_text(stack)
    return path


GOOD = "name: fabric\nruntime: {name: python}\n"


def test_configuration_is_read_as_pulumi_reads_it(tmp_path: Path) -> None:
    text = "config:\n  cluster: lab\n  other:key: x\n  list: [1, 2]\n  encryptionsalt: v1\n"
    one = project.load(folder(tmp_path, GOOD, text))
    assert project.config(one, "s", {"rackwright:shard": "su01", "cluster": "mine"}) == {
        "fabric:cluster": "mine",
        "other:key": "x",
        "fabric:list": "[1, 2]",
        "fabric:encryptionsalt": "v1",
        "rackwright:shard": "su01",
    }
    assert project.config(one, "another", {}) == {}


@pytest.mark.parametrize(
    ("pulumi", "stack", "text"),
    [
        (GOOD, "config: {a: {secure: v1:xyz}}", "encrypted values are not supported"),
        (GOOD, "config: [", "not YAML"),
        (GOOD, "- a", "expected keys and values"),
        ("name: x\nruntime: nodejs\n", "", "expected a name and runtime python"),
        ("runtime: python\n", "", "expected a name and runtime python"),
        (GOOD + "main: sub/\n", "", "does not support 'main'"),
    ],
)
def test_bad_project_files(tmp_path: Path, pulumi: str, stack: str, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        project.config(project.load(folder(tmp_path, pulumi, stack)), "s", {})


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden", "a/b"])
def test_bad_stack_names(name: str) -> None:
    with pytest.raises(UsageError, match="stack name"):
        project.check_stack(name)
