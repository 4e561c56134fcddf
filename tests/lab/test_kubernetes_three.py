"""Three control-plane servers behind one address: any of them may go, by a restart, a power cut, or for good.

Needs the filled depot (`rackwright depot build lab-kubernetes`); skipped, by name, without it.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.lab import kubernetes
from tests.lab.command import command
from tests.lab.kubernetes import INVENTORY, NEEDS_DEPOT, cluster_file, kubeconfig

from rackwright.lab.inside import must, run_in
from rackwright.lab.place import Place

NAME = "tthree"
PREFIX, ADDRESS = "10.138.0.0/16", "10.138.0.3"
CONTROL = ("control-01", "control-02", "control-03")
TAKEN_OVER_S = 20
"""VRRP needs four seconds at most; the rest is for a machine that other work is slowing down."""
READY_S = 240
pytestmark = [
    pytest.mark.timeout(3600),
    NEEDS_DEPOT,
]
place = Place(NAME)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, lab_state: Path) -> Iterator[Path]:
    """lab-kubernetes with three control-plane servers, one GPU server and a virtual address, brought up."""
    if place.exists():  # an interrupted run of the tests left it
        command("lab", "down", NAME, timeout=120)
    folder = tmp_path_factory.mktemp("three")
    machines = yaml.safe_load((INVENTORY / "cluster.yaml").read_text())["machines"]
    machines["control"]["count"] = len(CONTROL)
    machines["gpu"] |= {"count": 1, "unit_size": 1}
    path = cluster_file(folder, NAME, PREFIX, machines=machines, kubernetes={"endpoint": "virtual"})
    (folder / "host_vars").mkdir()
    try:
        rendered = command("depot", "build", path, timeout=900)  # the charts, with this cluster's values
        assert rendered.returncode == 0, rendered.stderr
        built = command("lab", "up", path, timeout=600)
        assert built.returncode == 0, built.stderr
        done = command("up", path, timeout=1800)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        yield path
    finally:
        command("lab", "down", NAME, timeout=120)


def ask(*words: str, text: str | None = None, answer: int = 5) -> subprocess.CompletedProcess[str]:
    """kubectl from this machine, by the address alone."""
    assert f"https://{ADDRESS}:6443" in kubeconfig(NAME).read_text()
    return kubernetes.ask(NAME, *words, text=text, answer=answer)


def kubectl(*words: str, text: str | None = None) -> Any:
    assert f"https://{ADDRESS}:6443" in kubeconfig(NAME).read_text()
    return kubernetes.kubectl(*words, text=text, name=NAME)


def until(what: Callable[[], object], seconds: float) -> float:
    """Seconds until it holds."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < seconds, f"not within {seconds:g} s"
        time.sleep(0.2)
    return time.monotonic() - begun


def holders() -> list[str]:
    """Who has the address, of those that are on."""
    found = []
    for name in CONTROL:
        try:
            shown = json.loads(must(place, name, ["ip", "-j", "-4", "addr", "show"]))
        except Exception:  # noqa: BLE001, S112 - off, or going off: then it has nothing
            continue
        if any(each["local"] == ADDRESS for link in shown for each in link["addr_info"]):
            found.append(name)
    return found


def members(by: str) -> dict[str, bool]:
    """Name of each member of etcd, and whether it is healthy."""
    etcd = "set -a; . /etc/kubernetes/rackwright/etcdctl.env; etcdctl "
    listed = json.loads(must(place, by, ["sh", "-c", f"{etcd} member list -w json"]))["members"]
    health = run_in(place, by, ["sh", "-c", f"{etcd} endpoint health --cluster -w json"]).stdout
    sound = {each["endpoint"]: bool(each["health"]) for each in json.loads(health or "[]")}
    return {each["name"]: sound.get(each["clientURLs"][0], False) for each in listed}


def ready() -> set[str]:
    done = ask("get", "nodes", "-o", "json")
    nodes = json.loads(done.stdout)["items"] if done.returncode == 0 else []
    return {
        node["metadata"]["name"]
        for node in nodes
        if {each["type"]: each["status"] for each in node["status"]["conditions"]}["Ready"] == "True"
    }


def test_three_members_and_one_holder(cluster: Path) -> None:
    assert members(CONTROL[0]) == dict.fromkeys(CONTROL, True)
    assert holders() == [CONTROL[0]]
    assert ready() == {*CONTROL, "gpu-su01-n01"}


def test_a_rolling_restart_loses_nothing_and_the_api_answers(cluster: Path) -> None:
    kubectl("create", "configmap", "kept", "--from-literal=a=1")
    stop, failed = threading.Event(), []
    asked = 0

    def watch() -> None:
        nonlocal asked
        since = None
        while not stop.is_set():
            good = ask("get", "--raw", "/readyz", answer=3).returncode == 0
            now, asked = time.monotonic(), asked + 1
            since = None if good else since or now
            if since is not None and now - since > TAKEN_OVER_S:
                failed.append(now - since)
            time.sleep(0.5)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for name in CONTROL:
            must(place, name, ["systemctl", "restart", "containerd.service", "kubelet.service"], timeout=90)
            argv = ["sh", "-c", "crictl stop $(crictl ps -q --name '^(kube-apiserver|etcd)$')"]
            must(place, name, argv, timeout=90)
            until(lambda: all(members(CONTROL[0]).values()), READY_S)
            until(lambda: ready() >= set(CONTROL), READY_S)
    finally:
        stop.set()
        watcher.join(60)
    assert asked > 10
    assert not failed, f"the address did not answer for {max(failed):.0f} s"
    assert kubectl("get", "configmap", "kept", "-o", "json")["data"] == {"a": "1"}


def test_the_holder_loses_its_power_and_another_answers(cluster: Path) -> None:
    [holder] = holders()
    cut = command("lab", "fault", cluster, "power-cut", "--place", holder)
    assert cut.returncode == 0, cut.stderr
    took = until(lambda: ask("get", "configmap", "kept", answer=3).returncode == 0, TAKEN_OVER_S)
    print(f"kubectl answers by the address {took:.1f} s after the power cut of {holder}")
    kubectl("create", "configmap", "written-meanwhile", "--from-literal=a=2")
    cleared = command("lab", "fault", cluster, "--clear", timeout=120)
    assert cleared.returncode == 0, cleared.stderr
    other = next(name for name in CONTROL if name != holder)
    until(lambda: members(other) == dict.fromkeys(CONTROL, True), READY_S)
    until(lambda: holders() == [CONTROL[0]], READY_S)
    until(lambda: ready() >= set(CONTROL), READY_S)


def test_the_first_leaves_and_comes_back_as_a_member(cluster: Path) -> None:
    gone = cluster.parent / f"host_vars/{CONTROL[0]}.yml"
    gone.write_text("kubernetes_state: absent\napi_address_state: absent\n")
    done = command("configure", cluster, "--host", CONTROL[0], timeout=900)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert members(CONTROL[1]) == dict.fromkeys(CONTROL[1:], True)
    assert CONTROL[0] not in ready()
    assert kubectl("get", "configmap", "kept", "-o", "json")["data"] == {"a": "1"}
    gone.unlink()
    done = command("configure", cluster, "--host", CONTROL[0], timeout=900)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert members(CONTROL[0]) == dict.fromkeys(CONTROL, True)
    assert kubectl("get", "configmap", "written-meanwhile", "-o", "json")["data"] == {"a": "2"}
    until(lambda: ready() >= set(CONTROL), READY_S)


def test_a_second_run_changes_nothing(cluster: Path) -> None:
    done = command("configure", cluster, "--check", "--json", timeout=900)
    assert done.returncode == 0, done.stdout
