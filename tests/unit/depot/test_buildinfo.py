"""What a Go program says about its modules, read without Go, against what Go itself reads."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.unit.depot.conftest import World, needs_go

from rackwright.depot import buildinfo
from rackwright.depot.fill import fill


@needs_go
def test_it_is_what_go_reads(world: World) -> None:
    fill(world.job(), archive=None)
    program = world.folder / "files/tiny"
    info = buildinfo.read(program)
    assert info is not None
    said = subprocess.run(["go", "version", program], capture_output=True, text=True, check=True).stdout
    assert said.split()[1] == info.go
    assert info.modules == ()


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", buildinfo.MAGIC, buildinfo.MAGIC + b"\0" * 40])
def test_what_is_no_go_program(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    assert buildinfo.read(tmp_path / "x") is None


def test_a_replaced_module_counts_as_what_it_is_replaced_by() -> None:
    text = (
        "path\tk8s.io/x\nmod\ta\t(devel)\t\ndep\tk8s.io/api\tv0.0.0\n"
        "=>\tk8s.io/api\tv0.37.2\th1:a=\ndep\tb.c/d\tv1.0.0\th1:b=\n"
    )
    assert [(one.path, one.version, one.sum) for one in buildinfo.modules(text)] == [
        ("k8s.io/api", "v0.37.2", "h1:a="),
        ("b.c/d", "v1.0.0", "h1:b="),
    ]
