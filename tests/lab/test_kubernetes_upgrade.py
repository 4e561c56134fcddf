"""From one minor release of Kubernetes to the next by `rackwright roll`, under a Job that is drained.

A target of its own: `make upgrade-test`. Needs the depots of both locks (`rackwright depot build` and the
lock's name); skipped, by name, without them.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lab.kubernetes import CONTROL, NODES, Cluster, cluster_file, filled, kubeconfig, until

from rackwright.depot.filled import named
from rackwright.locks import load_lock

OLD, NEW = "lab-h100-ubuntu2404-kubernetes-136", "lab-h100-ubuntu2404-kubernetes"
BEFORE, AFTER = (f"v{load_lock(name).rows['kubernetes'].reports}" for name in (OLD, NEW))
TABLES = [str(load_lock(name).rows["kubernetes"].artifacts) for name in (OLD, NEW)]
MISSING = [name for name in (OLD, NEW) if not all(filled(table).is_dir() for table in named(load_lock(name)))]
pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        bool(MISSING), reason=f"no filled depot: rackwright depot build {' '.join(MISSING[:1])}"
    ),
]
FLAG = "/var/lib/upgrade-test"
WORK = f"""
trap 'exit 143' TERM
echo $(hostname) >> {FLAG}/begun
until [ -e {FLAG}/end ]; do sleep 1 & wait $!; done
echo $(hostname) >> {FLAG}/ended
"""
"""Waits to be told; a SIGTERM is a failure of it, and lies to nobody about being done."""
MOUNTS = {
    "usr": ("/usr", "/usr"),
    "lib": ("/usr/lib", "/lib"),
    "lib64": ("/usr/lib64", "/lib64"),
    "flag": (FLAG, FLAG),
}
"""The depot's images hold no shell: the node's is mounted."""


def job() -> dict[str, Any]:
    """No failure is forgiven but an eviction; the next pod begins when the last has ended."""
    container = {
        "name": "work",
        "image": "registry.k8s.io/pause:3.10.2",
        "command": ["/usr/bin/sh", "-c", WORK],
        "volumeMounts": [{"name": name, "mountPath": inside} for name, (_, inside) in MOUNTS.items()],
    }
    volumes = [
        {
            "name": name,
            "hostPath": {"path": path, "type": "DirectoryOrCreate" if name == "flag" else "Directory"},
        }
        for name, (path, _) in MOUNTS.items()
    ]
    pod = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 10,
        "containers": [container],
        "volumes": volumes,
    }
    ignored = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    spec = {
        "backoffLimit": 0,
        "podReplacementPolicy": "Failed",
        "podFailurePolicy": {"rules": [ignored]},
        "template": {"spec": pod},
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "train"}, "spec": spec}


class Onlooker(threading.Thread):
    """Looks on all the while: no kubelet is newer than its API server, and no two pods of the job run."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self.cluster, self.over, self.wrong, self.looks = cluster, threading.Event(), [], 0  # type: ignore[var-annotated]

    def run(self) -> None:
        while not self.over.wait(3):
            try:
                serves = self.cluster.kubectl("version", "-o", "json")["serverVersion"]["gitVersion"]
                newer = {k: v for k, v in self.cluster.kubelets().items() if release(v) > release(serves)}
                twice = [each["metadata"]["name"] for each in running(self.cluster)]
            except (subprocess.SubprocessError, OSError, KeyError):
                continue  # the API server is being changed
            self.looks += 1
            if newer:
                self.wrong.append(f"kubelets beyond {serves}: {newer}")
            if len(twice) > 1:
                self.wrong.append(f"at work at the same time: {twice}")


def release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.lstrip("v").split("."))


def running(cluster: Cluster) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cluster.kubectl("get", "pods", "-l", "job-name=train", "-o", "json")[
        "items"
    ]
    return [each for each in found if each["status"]["phase"] == "Running"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, lab_state: Path) -> Iterator[Cluster]:
    """At the older release, with a job at work. The lab's depot has both."""
    made = Cluster(tmp_path_factory.mktemp("upgrade") / "tupgrade", "tupgrade", filled(TABLES[1]) / "files")
    made.down()  # an interrupted run of the tests left it
    cluster_file(made.folder, made.name, "10.139.0.0/16", lock=NEW)
    try:
        made.well("lab up", timeout=600)
        made.lock(OLD)
        made.well("depot build", timeout=900)  # the charts, rendered with this cluster's values
        made.well("up", timeout=1500)
        yield made
    finally:
        made.down()


def roll(cluster: Cluster, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """With kubectl to drain and to return."""
    kubectl = f"{cluster.tools / 'kubectl'} --kubeconfig {kubeconfig(cluster.name)}"
    drain = f"{kubectl} drain {{host}} --ignore-daemonsets --delete-emptydir-data --timeout=100s"
    done = cluster.run(
        "roll", "--json", "--drain", drain, "--return", f"{kubectl} uncordon {{host}}", *words, timeout=1500
    )
    assert done.stdout, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def etcd(cluster: Cluster, *words: str) -> str:
    text = f"set -a; . /etc/kubernetes/rackwright/etcdctl.env; etcdctl {' '.join(words)} 2>&1"
    return cluster.inside(CONTROL, text)


def test_from_one_release_to_the_next(cluster: Cluster) -> None:
    assert set(cluster.kubelets().values()) == {BEFORE}
    cluster.kubectl("create", "configmap", "kept", "--from-literal=a=b")
    cluster.kubectl("apply", "-f", "-", text=json.dumps(job()))
    [first] = until("the job is at work", lambda: running(cluster), 120)
    node = first["spec"]["nodeName"]
    cluster.lock(NEW)
    cluster.well("depot build", timeout=900)
    look = Onlooker(cluster)
    look.start()
    try:
        a_node_does_not_go_first(cluster, node)
        code, events = roll(cluster, "--host", CONTROL)
        assert code == 0, events[-1]
        assert cluster.kubectl("version", "-o", "json")["serverVersion"]["gitVersion"] == AFTER
        assert cluster.kubelets() == {CONTROL: AFTER, **dict.fromkeys(NODES, BEFORE)}
        code, events = roll(cluster)
        assert code == 0, events[-1]
    finally:
        look.over.set()
        look.join(60)
    assert look.wrong == []
    assert look.looks > 5
    assert [event["hosts"] for event in events if event["event"] == "batch"] == [[node], [other(node)]]
    nothing_is_lost(cluster)
    the_job_ends_once(cluster)
    cluster.well("configure", "--check", timeout=600)


def other(node: str) -> str:
    return next(each for each in NODES if each != node)


def a_node_does_not_go_first(cluster: Cluster, node: str) -> None:
    """Before its API server: the roll says so, the node keeps its kubelet, drained; the job goes on."""
    code, events = roll(cluster, "--host", node)
    found = events[-1]["hosts"][node]
    assert (code, found["phase"], found["step"]) == (3, "failed", "roles")
    assert "upgrade control-plane servers first" in found["why"]
    assert BEFORE in cluster.inside(node, "kubelet --version")
    assert cluster.kubectl("get", "node", node, "-o", "json")["spec"]["unschedulable"] is True
    [again] = until("the job is at work again", lambda: running(cluster), 120)
    assert again["spec"]["nodeName"] == other(node)


def nothing_is_lost(cluster: Cluster) -> None:
    items = {
        each["metadata"]["name"]: each for each in cluster.kubectl("get", "nodes", "-o", "json")["items"]
    }
    assert sorted(items) == sorted((CONTROL, *NODES)), "none is there twice"
    for name, each in items.items():
        assert each["status"]["nodeInfo"]["kubeletVersion"] == AFTER
        assert {c["type"]: c["status"] for c in each["status"]["conditions"]}["Ready"] == "True"
        assert not each["spec"].get("unschedulable"), name
        assert AFTER in cluster.inside(name, "kubelet --version")
    assert cluster.kubectl("get", "configmap", "kept", "-o", "json")["data"] == {"a": "b"}
    pods = cluster.kubectl("get", "pods", "-n", "kube-system", "-o", "json")["items"]
    images = {c["image"] for each in pods for c in each["spec"]["containers"]}
    versions = {image.rsplit(":", 1)[1] for image in images if "/kube-" in image}
    assert versions == {AFTER}
    assert "registry.k8s.io/etcd:3.7.0-0" in images
    assert "is healthy" in etcd(cluster, "endpoint", "health")
    assert len(etcd(cluster, "member", "list").strip().splitlines()) == 1


def the_job_ends_once(cluster: Cluster) -> None:
    """Evicted at least twice, failed never, and its work was done by one pod."""
    for node in NODES:
        cluster.inside(node, f"mkdir -p {FLAG} && touch {FLAG}/end")
    status = until(
        "the job has ended",
        lambda: (
            (s := cluster.kubectl("get", "job", "train", "-o", "json")["status"]).get("completionTime") and s
        ),
        120,
    )
    assert status["succeeded"] == 1
    assert "failed" not in {c["type"].lower() for c in status["conditions"] if c["status"] == "True"}
    lines = {
        word: "".join(
            cluster.inside(node, f"cat {FLAG}/{word} 2>/dev/null || true") for node in NODES
        ).split()
        for word in ("begun", "ended")
    }
    assert len(lines["ended"]) == 1
    assert len(lines["begun"]) == len(set(lines["begun"])) >= 3, "one for each pod"
