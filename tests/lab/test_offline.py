"""All roles with the depot as the only peer: a fence denies and counts everything else, and counts none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.lab.command import command
from tests.lab.conftest import cluster_file
from tests.lab.playbook import play

from rackwright import pipeline
from rackwright.lab import fence
from rackwright.lab.inside import run_in
from rackwright.lab.place import Place
from rackwright.lab.world import world

pytestmark = pytest.mark.timeout(1800)
GPU = "gpu-su01-n01"
OUTSIDE = "192.0.2.1"


@pytest.fixture(scope="module")
def fenced(tmp_path_factory: pytest.TempPathFactory, lab_state: Path) -> Iterator[Path]:
    """Cluster file of a lab whose blank servers were fenced in before the first role ran."""
    path = cluster_file(tmp_path_factory.mktemp("offline"), "toff", "10.131.0.0/16")
    try:
        assert (built := command("lab", "up", path, timeout=400)).returncode == 0, built.stderr
        assert (put := command("lab", "fence", path)).returncode == 0, put.stderr
        done = command("up", path, "--no-verify", timeout=1200)  # whose probes the fence denies
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        yield path
    finally:
        command("lab", "down", "toff", timeout=120)


def denied(cluster: Path) -> dict[str, int]:
    return {count.server: count.denied for count in fence.counts(world(str(cluster)))}


def test_every_role_converged_and_nobody_else_was_asked(fenced: Path) -> None:
    servers = {server.name for server in pipeline.plan(str(fenced)).design.servers}
    played = play(fenced)
    assert played.failed() == []
    assert played.changed() == []
    counts = {count.server: count for count in fence.counts(world(str(fenced)))}
    assert set(counts) == servers
    assert {name: (count.denied, count.last) for name, count in counts.items()} == dict.fromkeys(
        servers, (0, ())
    )
    assert all(count.depot > 0 for count in counts.values()), "packages came through the fence"


def test_a_planted_connection_is_refused_and_counted_with_its_target(fenced: Path) -> None:
    place = Place(pipeline.plan(str(fenced)).design.name)
    asked = ["python3", "-c", f"import socket; socket.create_connection(('{OUTSIDE}', 443), 5)"]
    # Without a way out the kernel would answer by itself, and nothing would reach the fence.
    assert run_in(place, GPU, ["ip", "route", "add", OUTSIDE, "dev", "eno3"]).code == 0
    try:
        assert run_in(place, GPU, asked).code != 0
    finally:
        run_in(place, GPU, ["ip", "route", "del", OUTSIDE, "dev", "eno3"])
    assert denied(fenced)[GPU] >= 1
    shown = command("lab", "fence", fenced, "--show", "--json")
    assert shown.returncode == 1
    [row] = [row for row in json.loads(shown.stdout) if row["denied"]]
    assert (row["server"], row["last"]) == (GPU, [f"{OUTSIDE}:443"])


def test_the_fence_comes_down(fenced: Path, rackwright: Callable[..., object]) -> None:
    del rackwright
    assert command("lab", "fence", fenced, "--clear").returncode == 0
    assert denied(fenced) == {}
