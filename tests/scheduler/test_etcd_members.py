"""Members of etcd that go and come back, with three real ones and the real etcdctl."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.scheduler.control_plane import binaries, free_port

from rackwright.paths import home

sys.path.insert(0, str(home() / "collections"))
from ansible_collections.rackwright.node.plugins.module_utils import etcd
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused

BIN = binaries()
pytestmark = pytest.mark.skipif(
    BIN is None, reason="RACKWRIGHT_KUBERNETES_BIN names no folder with Kubernetes"
)
NAMES = ("one", "two", "three")


class Module:
    """Runs commands as Ansible's module does."""

    check_mode = False

    def run_command(self, command: list[str], environ_update: dict[str, str] | None = None) -> Any:
        environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **(environ_update or {})}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env=environment
        )
        return done.returncode, done.stdout, done.stderr


class Cluster:
    """Members that can be started and killed one by one."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.client = {name: f"http://127.0.0.1:{free_port()}" for name in NAMES}
        self.peer = {name: f"http://127.0.0.1:{free_port()}" for name in NAMES}
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, state: str = "new") -> None:
        everybody = ",".join(f"{each}={self.peer[each]}" for each in NAMES)
        argv = [
            f"{BIN}/etcd", f"--name={name}", f"--data-dir={self.work / name}",
            f"--listen-client-urls={self.client[name]}", f"--advertise-client-urls={self.client[name]}",
            f"--listen-peer-urls={self.peer[name]}", f"--initial-advertise-peer-urls={self.peer[name]}",
            f"--initial-cluster={everybody}", f"--initial-cluster-state={state}",
        ]  # fmt: skip
        log = (self.work / f"{name}.log").open("ab")
        self.children[name] = subprocess.Popen(argv, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        self.children[name].kill()
        self.children[name].wait(15)

    def healthy(self) -> int:
        try:
            return etcd.healthy(MODULE, etcd.members(MODULE))
        except Refused:
            return 0

    def remove(self, name: str) -> list[str]:
        return etcd.remove(MODULE, name, self.peer[name])


MODULE: Any = Module()


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not what():
        assert time.monotonic() < end
        time.sleep(0.3)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    way_in = tmp_path / "etcdctl.env"
    way_in.write_text(f"# asked of the first\nETCDCTL_ENDPOINTS={made.client['one']}\n")
    monkeypatch.setattr(etcd, "WAY_IN", str(way_in))
    for name in NAMES:
        made.start(name)
    try:
        until(lambda: made.healthy() == len(NAMES))
        yield made
    finally:
        for name in made.children:
            made.kill(name)


@pytest.mark.timeout(400)
def test_a_member_that_was_lost_goes_and_one_made_anew_comes_in_its_place(cluster: Cluster) -> None:
    cluster.kill("three")
    with pytest.raises(Refused, match="without two: found 1 of 2 other members healthy, expected at least 2"):
        cluster.remove("two")  # the majority is one and two
    assert len(etcd.members(MODULE)) == 3
    assert cluster.remove("three") == ["remove etcd member three"]
    assert cluster.remove("three") == []
    assert {each["name"] for each in etcd.members(MODULE)} == {"one", "two"}
    # As kubeadm does for a server that joins: it is told of first, and has no name until it has started.
    etcd.etcdctl(MODULE, "member", "add", "three", f"--peer-urls={cluster.peer['three']}")
    assert cluster.remove("three") == ["remove etcd member three"], "by its URL"
    etcd.etcdctl(MODULE, "member", "add", "three", f"--peer-urls={cluster.peer['three']}")
    (cluster.work / "three").rename(cluster.work / "lost")
    cluster.start("three", "existing")
    until(lambda: cluster.healthy() == len(NAMES))
