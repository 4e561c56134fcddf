"""Building from Go modules: what decides on the bytes, what is verified, what a killed build leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.depot import tiny
from tests.unit.depot.conftest import needs_go

from rackwright.depot import golang
from rackwright.depot.place import Place
from rackwright.depot.table import FileRow, FromModule, Module
from rackwright.errors import WorldRefused

pytestmark = needs_go
MODULE = Module(folder="tiny", stamps={"main.version": "1.0.0"})
ROW = FileRow.model_validate(
    {
        "version": "1.0.0",
        "licence": "MIT",
        "source": "https://example.com",
        "go": {"module": "tiny", "package": "."},
    }
)
SOURCE = FromModule(module="tiny", package=".")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny.catalog(tmp_path, tiny.table())
    return tmp_path / "catalog" / "artifacts" / "go" / "tiny"


def test_the_key_changes_with_whatever_decides_on_the_bytes(folder: Path) -> None:
    go = golang.Go(Path("go"), "go1.26.8")
    keys = {
        golang.key(go, folder, MODULE, SOURCE, "amd64"),
        golang.key(go, folder, MODULE, SOURCE, "arm64"),
        golang.key(replace(go, version="go1.26.9"), folder, MODULE, SOURCE, "amd64"),
        golang.key(go, folder, MODULE.model_copy(update={"stamps": {}}), SOURCE, "amd64"),
        golang.key(go, folder, MODULE.model_copy(update={"tags": ("x",)}), SOURCE, "amd64"),
        golang.key(go, folder, MODULE, FromModule(module="tiny", package="./other"), "amd64"),
    }
    (folder / "main.go").write_text(tiny.MAIN + "// another\n")
    keys.add(golang.key(go, folder, MODULE, SOURCE, "amd64"))
    (folder / "go.sum").write_text("")
    keys.add(golang.key(go, folder, MODULE, SOURCE, "amd64"))
    (folder / "inner").mkdir()
    for number, name in enumerate(("inner/inner.go", "inner/fast.s", "inner/fast.h"), 9):
        (folder / name).write_text("package inner\n")
        keys.add(golang.key(go, folder, MODULE, SOURCE, "amd64"))
        assert len(keys) == number, name
    for name in ("README", "main_test.go", "inner/__init__.py"):
        (folder / name).write_text("no part of it")
        assert golang.key(go, folder, MODULE, SOURCE, "amd64") in keys, name
    assert len(keys) == 11


def test_the_key_changes_with_what_a_source_embeds(folder: Path) -> None:
    go, keys = golang.Go(Path("go"), "go1.26.8"), set()
    (folder / "inner").mkdir()
    (folder / "inner/text").write_text("one")
    keys.add(golang.key(go, folder, MODULE, SOURCE, "amd64"))
    (folder / "main.go").write_text(tiny.MAIN + "//go:embed inner/text\nvar text string\n")
    keys.add(golang.key(go, folder, MODULE, SOURCE, "amd64"))
    (folder / "inner/text").write_text("two")
    keys.add(golang.key(go, folder, MODULE, SOURCE, "amd64"))
    assert len(keys) == 3


def test_what_would_change_a_program_is_kept_away_and_what_makes_it_quicker_is_not() -> None:
    outside = {
        "GOFLAGS": "-tags=x -p=1 -race",
        "GOEXPERIMENT": "y",
        "GOAMD64": "v4",
        "GOPROXY": "https://site",
    }
    made = golang.environment("arm64", outside)
    assert made == {
        "GOFLAGS": "-trimpath -mod=readonly -buildvcs=false -p=1",
        "CGO_ENABLED": "0",
        "GOOS": "linux",
        "GOARCH": "arm64",
        "GOWORK": "off",
        "GOPROXY": "https://site",
    }


def test_a_program_that_does_not_compile_says_why(folder: Path, tmp_path: Path) -> None:
    (folder / "main.go").write_text("package main\n\nfunc main() { undefined() }\n")
    with pytest.raises(WorldRefused, match=r"build tiny from tiny: ended with 1: .*undefined: undefined"):
        golang.build(Place(tmp_path / "depot"), golang.find(folder), folder, MODULE, ROW, "amd64")
    assert not list((tmp_path / "depot").rglob("program*"))


def test_a_toolchain_that_is_too_old_is_said_before_anything_is_built(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOTOOLCHAIN", "local")
    (folder / "go.mod").write_text(tiny.GO_MOD.replace("1.21", "1.99"))
    with pytest.raises(WorldRefused, match=r"ask Go for its version: .*requires go >= 1\.99"):
        golang.find(folder)


def proxy(root: Path) -> str:
    """A Go module proxy in a folder, with one module."""
    at = root / "proxy" / "example.com" / "dep" / "@v"
    at.mkdir(parents=True)
    (at / "v1.0.0.info").write_text('{"Version":"v1.0.0"}')
    (at / "v1.0.0.mod").write_text("module example.com/dep\n")
    with zipfile.ZipFile(at / "v1.0.0.zip", "w") as made:
        made.writestr("example.com/dep@v1.0.0/go.mod", "module example.com/dep\n")
        made.writestr("example.com/dep@v1.0.0/dep.go", 'package dep\n\nconst Name = "dep"\n')
    return f"file://{root}/proxy"


@pytest.fixture
def with_module(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny program, with a module from a proxy and Go's own sums of it."""
    for name, value in {
        "GOPROXY": proxy(tmp_path),
        "GONOSUMDB": "example.com",
        "GOMODCACHE": str(tmp_path / "modules"),
        "GOFLAGS": "-modcacherw",
    }.items():
        monkeypatch.setenv(name, value)
    (folder / "go.mod").write_text(tiny.GO_MOD + "\nrequire example.com/dep v1.0.0\n")
    (folder / "main.go").write_text(
        'package main\n\nimport "example.com/dep"\n\nfunc main() { println(dep.Name) }\n'
    )
    subprocess.run(["go", "mod", "download", "all"], cwd=folder, check=True)
    subprocess.run(["go", "mod", "tidy"], cwd=folder, check=True)
    return folder


def test_modules_are_what_go_sum_says(with_module: Path, tmp_path: Path) -> None:
    go = golang.find(with_module)
    golang.verify(go, with_module)
    place = Place(tmp_path / "depot")
    assert golang.build(place, go, with_module, MODULE, ROW, "amd64").is_file()
    sums = (with_module / "go.sum").read_text()
    (with_module / "go.sum").write_text(sums.replace("h1:", "h1:A", 1)[:-2] + "=\n")
    with pytest.raises(WorldRefused, match=r"checksum mismatch|malformed"):
        golang.build(place, go, with_module, MODULE, ROW, "amd64")


def test_a_module_without_a_sum_is_refused(with_module: Path, tmp_path: Path) -> None:
    (with_module / "go.sum").write_text("")
    with pytest.raises(WorldRefused, match=r"missing go\.sum entry"):
        golang.build(Place(tmp_path / "depot"), golang.find(with_module), with_module, MODULE, ROW, "amd64")


def test_a_module_that_was_changed_in_the_cache_is_found(with_module: Path, tmp_path: Path) -> None:
    (tmp_path / "modules" / "example.com" / "dep@v1.0.0" / "dep.go").write_text(
        'package dep\nconst Name = "x"\n'
    )
    with pytest.raises(WorldRefused, match=r"example\.com/dep v1\.0\.0: dir has been modified"):
        golang.verify(golang.find(with_module), with_module)


def test_a_build_that_is_killed_can_be_run_again(folder: Path, tmp_path: Path) -> None:
    """A Go that takes its time stands for a long build."""
    slow = tmp_path / "bin" / "go"
    slow.parent.mkdir()
    slow.write_text(f'#!/bin/sh\n[ $1 = build ] && touch {tmp_path}/begun && sleep 60 & wait\nexec go "$@"\n')
    slow.chmod(0o755)
    code = f"""
from pathlib import Path
from tests.unit.depot.test_golang import MODULE, ROW
from rackwright.depot import golang
from rackwright.depot.place import Place
go = golang.Go(Path("{slow}"), golang.find(Path("{folder}")).version)
golang.build(Place(Path("{tmp_path}/depot")), go, Path("{folder}"), MODULE, ROW, "amd64")
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[3])
    deadline = time.monotonic() + 30
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    built = golang.build(Place(tmp_path / "depot"), golang.find(folder), folder, MODULE, ROW, "amd64")
    said = subprocess.run([built], capture_output=True, text=True, check=True).stderr
    assert said == "tiny 1.0.0\n"
