"""Programs built from Go modules: pinned by go.sum, reproducible, cached by all that decides on their bytes.

A folder of ``catalog/artifacts/go`` is a Go module of our own that requires what is built; its go.sum has
the digest of every module, and Go refuses others. Modules come from where this machine's own Go
configuration says (GOPROXY). A build that was cut short goes on where it stopped, from Go's own cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rackwright.atomic import write
from rackwright.depot.load import module_folder
from rackwright.depot.place import Place
from rackwright.depot.program import run
from rackwright.depot.table import Arch, FileRow, FromModule, Module
from rackwright.engine.download import digest
from rackwright.errors import WorldRefused

FORMAT = 1
PROGRAM, SUM = "program", "sha256"
"""In the folder of a key: what was built, and its digest."""
BUILD_SECONDS = 3 * 3600
"""For one program. kube-apiserver on a cold cache: about five minutes on two cores."""
VERIFY_SECONDS = 900
USUAL = Path("/usr/local/go/bin/go")
"""Where Go's own archive goes, often not on PATH of root."""
MODULE_FILES = frozenset({"go.mod", "go.sum"})
SOURCES = frozenset({".go", ".s", ".h", ".syso"})
"""Ends of names that go build reads without cgo (go help packages; go/build's list of source files)."""
EMBED = b"//go:embed"
OWN_FLAGS = ("-trimpath", "-mod=readonly", "-buildvcs=false")
KEPT_FLAGS = ("-p=", "-modcacherw")
"""What a user's GOFLAGS may add: how fast, and how the cache lies; nothing that changes a program."""


@dataclass(frozen=True, slots=True)
class Go:
    """A Go toolchain that can build a module."""

    program: Path
    version: str
    """As it says, e.g. ``go1.26.8``; the one that the module's folder chooses."""


def find(folder: Path) -> Go:
    """The toolchain for a module's folder.

    :raises WorldRefused: there is none, or it is older than go.mod asks for.
    """
    found = shutil.which("go") or (str(USUAL) if USUAL.is_file() else None)
    if found is None:
        raise WorldRefused("this machine", "find Go", "it is not installed", "see https://go.dev/doc/install")
    step = "ask Go for its version"
    run([found, "list", "-m"], step, cwd=folder, env=_plain(), timeout=120)  # reads go.mod's own wish
    text = run([found, "env", "GOVERSION"], step, cwd=folder, env=_plain(), timeout=120)
    return Go(Path(found), text.split()[-1] if text.split() else "unknown")


def folder_of(folders: Path, module: Module) -> Path:
    """Where a module's go.mod lies."""
    return module_folder(folders, module.folder)


def key(go: Go, folder: Path, module: Module, source: FromModule, arch: Arch) -> str:
    """Everything that decides on a program's bytes, as one digest."""
    parts = [FORMAT, go.version, arch, source.package, sorted(module.stamps.items()), sorted(module.tags)]
    total = hashlib.sha256(json.dumps(parts).encode())
    for path in _inputs(folder):
        name = str(path.relative_to(folder))
        total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:32]


def _inputs(folder: Path) -> list[Path]:
    """Files that a build of a module reads; where a source embeds others, all that could be meant."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    found = [path for path in files if _read(path)]
    embeds = any(EMBED in path.read_bytes() for path in found if path.suffix == ".go")
    return files if embeds else found


def _read(path: Path) -> bool:
    return path.name in MODULE_FILES or (path.suffix in SOURCES and not path.name.endswith("_test.go"))


def environment(arch: Arch, outside: Mapping[str, str]) -> dict[str, str]:
    """What Go is run with: the machine's own, less what would change a program.

    >>> environment("amd64", {"GOFLAGS": "-tags=x -p=2"})["GOFLAGS"]
    '-trimpath -mod=readonly -buildvcs=false -p=2'
    """
    kept = [flag for flag in shlex.split(outside.get("GOFLAGS", "")) if flag.startswith(KEPT_FLAGS)]
    dropped = ("GOEXPERIMENT", "GOAMD64", "GOARM64", "GOFIPS140", "GOWORK", "CC", "CXX")
    return {
        **{name: value for name, value in outside.items() if name not in dropped},
        "GOFLAGS": " ".join([*OWN_FLAGS, *kept]),
        "CGO_ENABLED": "0",
        "GOOS": "linux",
        "GOARCH": arch,
        "GOWORK": "off",
    }


def _plain() -> dict[str, str]:
    return {**os.environ, "GOFLAGS": "", "GOWORK": "off"}


def program(place: Place, name: str) -> Path | None:
    """The program that has been built for a key; None: it is not there, or it has changed since."""
    path = place.built / name / PROGRAM
    known = path.with_name(SUM)
    whole = path.is_file() and known.is_file() and digest(path) == known.read_text()
    return path if whole else None


def verify(go: Go, folder: Path) -> None:
    """Modules that are in Go's cache already are what go.sum says; new ones are checked on their way in.

    :raises WorldRefused: one has been changed.
    """
    if (folder / "go.sum").is_file():
        step = f"verify the modules of {folder.name}"
        run([go.program, "mod", "verify"], step, cwd=folder, env=_plain(), timeout=VERIFY_SECONDS)


def build(
    place: Place,
    go: Go,
    folder: Path,
    module: Module,
    file: FileRow,
    arch: Arch,
    on_line: Callable[[str], None] = lambda line: None,
) -> Path:
    """A program, from the cache or built now.

    :param on_line: called with the name of each package that is compiled.
    :raises WorldRefused: Go refused; its last lines say why. What is compiled stays in Go's cache.
    """
    source = file.go
    if source is None:
        raise WorldRefused("this machine", "build", "the row names no Go package")
    name = source.package.rsplit("/", 1)[-1] if source.package != "." else folder.name
    target = program(place, key(go, folder, module, source, arch))
    if target is not None:
        return target
    target = place.built / key(go, folder, module, source, arch) / PROGRAM
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".program.{os.getpid()}")
    stamps = [f"-X={variable}={text}" for variable, text in sorted(module.stamps.items())]
    argv: list[str | Path] = [go.program, "build", "-v", "-ldflags", shlex.join(["-s", "-w", *stamps])]
    if module.tags:
        argv += ["-tags", ",".join(module.tags)]
    argv += ["-o", fresh, source.package]
    try:
        run(
            argv,
            f"build {name} from {folder.name}",
            cwd=folder,
            env=environment(arch, os.environ),
            timeout=BUILD_SECONDS,
            on_line=on_line,
        )
        write(target.with_name(SUM), digest(fresh))
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return target
