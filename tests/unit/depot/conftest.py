"""A catalog with one tiny table, an empty depot, and a server that stands for every publisher."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console
from tests.unit.depot import tiny
from tests.unit.depot.server import Server

from rackwright.depot import release, sources
from rackwright.depot.load import load_table
from rackwright.depot.place import Place
from rackwright.depot.sources import Job
from rackwright.depot.tell import Tell

needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


@dataclass
class World:
    """What a test changes and looks at."""

    place: Place
    server: Server
    said: io.StringIO
    home: Path

    def job(self) -> Job:
        load_table.cache_clear()
        tell = Tell(Console(file=self.said, width=200))
        return Job(self.place, "tiny-1.0.0", load_table("tiny-1.0.0"), "amd64", tell)

    @property
    def folder(self) -> Path:
        return self.place.filled("tiny-1.0.0", "amd64")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Iterator[World]:
    """Every https address leads to the server, by its path."""
    tiny.catalog(tmp_path / "home", tiny.table())
    server.files["/fetched-amd64"] = b"#!/bin/sh\necho fetched 2.0\n"
    server.files["/debian/pool/main/t/tool/tool_1-1_amd64.deb"] = tiny.deb()
    monkeypatch.setenv("RACKWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RACKWRIGHT_DEPOT", str(tmp_path / "depot"))
    monkeypatch.setattr(sources, "own_mirrors", list)
    fetch = release.fetch

    def leads_here(url: str, *rest: object, **more: object) -> None:
        fetch(f"{server.url}/{url.split('/', 3)[3]}", *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(release, "fetch", leads_here)
    monkeypatch.setattr("rackwright.depot.fill.own_mirrors", list)
    load_table.cache_clear()
    yield World(Place(tmp_path / "depot"), server, io.StringIO(), tmp_path / "home")
    load_table.cache_clear()
