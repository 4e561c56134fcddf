"""Places are those an editor shows, and nothing is expanded or lost silently."""

from __future__ import annotations

from rackwright.load.nodes import Composer, Mapping, Scalar, Sequence
from rackwright.load.plain import document


def compose(text: str):
    composer = Composer("f")
    return composer.compose(text), [f"{p.line}:{p.column} {p.path} {p.found}" for p in composer.problems]


def test_places_of_keys_and_values():
    doc = document('a:\n  b: [1, "x"]\n  "c d": {e: f}\n', "f")
    places = {
        path: (p.key.line, p.key.column, p.value.line, p.value.column) for path, p in doc.places.items()
    }
    assert places == {
        (): (1, 1, 1, 1),
        ("a",): (1, 1, 2, 3),
        ("a", "b"): (2, 3, 2, 6),
        ("a", "b", 0): (2, 7, 2, 7),
        ("a", "b", 1): (2, 10, 2, 10),
        ("a", "c d"): (3, 3, 3, 10),
        ("a", "c d", "e"): (3, 11, 3, 14),
    }
    assert doc.data == {"a": {"b": [1, "x"], "c d": {"e": "f"}}}


def test_columns_count_characters_not_bytes():
    doc = document('"é𝔘": {k: no}\n', "f")
    assert [(p.line, p.column) for p in doc.problems] == [(1, 11)]


def test_quoted_text_is_text():
    assert document('a: "no"\nb: \'012\'\nc: ""\n', "f").data == {"a": "no", "b": "012", "c": ""}


def test_block_text_is_text():
    assert document("a: |\n  12:30\nb: >-\n  no\n", "f").data == {"a": "12:30\n", "b": "no"}


def test_the_first_of_two_equal_keys_counts_and_the_second_is_reported():
    root, problems = compose("a: 1\nb: {c: 1, c: {d: 2, d: 3}}\na: {x: 1}\n")
    assert isinstance(root, Mapping)
    assert problems == ["2:11 b.c key c again", "2:21 b.c.d key d again", "3:1 a key a again"]
    first = root.items["a"][1]
    assert isinstance(first, Scalar)
    assert first.text == "1"


def test_an_alias_is_never_followed():
    root, problems = compose("a: &x [1]\nb: *x\n")
    assert problems == ["1:4 a an anchor (&)", "2:4 b an alias (*)"]
    assert isinstance(root, Mapping)
    assert isinstance(root.items["b"][1], Scalar)


def test_a_collection_as_a_key_is_dropped_with_its_value():
    root, problems = compose("? [a, b]\n: {c: 1}\nd: 2\n")
    assert problems == ["1:3 (top) a list as a key"]
    assert isinstance(root, Mapping)
    assert list(root.items) == ["d"]


def test_depth_is_bounded():
    root, problems = compose("[" * 16 + "]" * 16)
    assert isinstance(root, Sequence)
    assert problems == []
    root, problems = compose("[" * 17 + "]" * 17)
    assert root is None
    assert len(problems) == 1
