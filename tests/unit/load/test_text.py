"""Files that are no text, or no file."""

from __future__ import annotations

import os

import pytest

from rackwright.errors import BadInput
from rackwright.load.assets import assets
from rackwright.load.text import decode, read, shown


def problem(caught) -> str:
    (only,) = caught.value.problems
    return f"{only.line}:{only.column} {only.found}"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"a: \xff", "1:4 byte 0xff"),
        (b"a: 1\nb\xc3\xa9: \xc3", "2:5 byte 0xc3"),
        (b"\xff\xfea\x00", "1:1 UTF-16"),
        (b"a\x00", "1:2 character U+0000"),
        (b"a\rb", "1:2 character U+000D"),
        (b"a: 1\nb: \xe2\x80\xa8", "2:4 character U+2028"),
        (b"\x1b[31m", "1:1 character U+001B"),
    ],
)
def test_bytes_that_are_no_text(raw, said):
    with pytest.raises(BadInput) as caught:
        decode(raw, "f")
    assert problem(caught) == said


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert decode(b"\xef\xbb\xbfa: 1\r\n", "f") == "a: 1\r\n"


def test_the_limit_is_a_mebibyte():
    assert len(decode(b"#" * (1 << 20), "f")) == 1 << 20
    with pytest.raises(BadInput, match="more than 1024 KiB"):
        decode(b"#" * ((1 << 20) + 1), "f")


@pytest.mark.parametrize("kind", ["folder", "pipe", "nothing"])
def test_no_file(kind, tmp_path):
    path = tmp_path / "assets.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(BadInput) as caught:
        read(path)
    assert problem(caught) in {"1:1 no regular file", "1:1 no such file or directory"}


def test_an_asset_list_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "assets.yaml")
    with pytest.raises(BadInput, match="no regular file"):
        assets(tmp_path / "assets.yaml")


def test_paths_are_shown_from_where_the_user_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a" / "b.yaml") == "a/b.yaml"
    monkeypatch.chdir("/")
    assert shown(tmp_path / "b.yaml") == str(tmp_path / "b.yaml").removeprefix("/")
