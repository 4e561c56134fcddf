"""etcd's data are gone, all of them, and come back from a snapshot by role kubernetes: objects, nodes, pods.

A target of its own: `make restore-test`. Needs the filled depot; skipped, by name, without it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.kubernetes import CONTROL, NEEDS_DEPOT, NODES, Cluster, cluster_file, filled, until

from rackwright.locks import load_lock

LOCK = "lab-h100-ubuntu2404-kubernetes"
TABLE = str(load_lock(LOCK).rows["kubernetes"].artifacts)
pytestmark = [
    pytest.mark.timeout(2400),
    NEEDS_DEPOT,
]
DATA = "/var/lib/etcd"
APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 2
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: pause, image: "registry.k8s.io/pause:3.10.2"}]}
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, lab_state: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("restore") / "trestore", "trestore", filled(TABLE) / "files")
    made.down()  # an interrupted run of the tests left it
    cluster_file(made.folder, made.name, "10.140.0.0/16", lock=LOCK)
    try:
        made.well("depot build", timeout=900)  # the charts, rendered with this cluster's values
        made.well("lab up", timeout=600)
        made.well("up", timeout=1500)
        yield made
    finally:
        made.down()


def gone(cluster: Cluster) -> bool:
    """There is no such secret any more, or nobody whom the API server lets ask, or no API server."""
    try:
        cluster.kubectl("get", "secret", "kept")
    except subprocess.CalledProcessError as problem:
        return any(word in problem.stderr for word in ("NotFound", "Forbidden", "refused", "connect"))
    except subprocess.TimeoutExpired:
        return True
    return False


def restore(cluster: Cluster, snapshot: str) -> subprocess.CompletedProcess[str]:
    (cluster.folder / "host_vars").mkdir(exist_ok=True)
    (cluster.folder / f"host_vars/{CONTROL}.yml").write_text(f"kubernetes_restore: {snapshot}\n")
    return cluster.run("configure", "--host", CONTROL, timeout=900)


def test_etcd_comes_back_from_nothing(cluster: Cluster) -> None:
    cluster.kubectl("create", "secret", "generic", "kept", "--from-literal=a=plainly")
    cluster.kubectl("apply", "-f", "-", text=APP)
    cluster.kubectl("wait", "--for=condition=Available", "deployment/app", "--timeout=120s")
    before = {name: cluster.kubectl("get", "node", name, "-o", "json")["metadata"]["uid"] for name in NODES}
    cluster.inside(CONTROL, "systemctl start rackwright-etcd-snapshot.service", timeout=120)
    snapshot = cluster.inside(CONTROL, "ls /var/backups/etcd/*.db").split()[-1]
    cluster.kubectl("create", "secret", "generic", "later", "--from-literal=a=b")

    # The folder is a mount in the lab: what is in it goes. etcd would live on in files without a name.
    cluster.inside(CONTROL, f"rm -rf {DATA}/* {DATA}/.[!.]*; pkill -9 -x etcd")
    assert cluster.inside(CONTROL, f"ls -A {DATA} | grep -v '^member$' || true").strip() == ""
    until("the secret is gone", lambda: gone(cluster), 120)

    cluster.inside(CONTROL, f"head -c 4096 {snapshot} > /var/backups/half.db")
    done = restore(cluster, "/var/backups/half.db")
    assert done.returncode != 0
    assert "not a whole snapshot" in f"{done.stdout}{done.stderr}"
    assert gone(cluster), "nothing was brought back"

    done = restore(cluster, snapshot)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    assert cluster.kubectl("get", "secret", "kept", "-o", "json")["data"] == {"a": "cGxhaW5seQ=="}
    assert "later" not in cluster.kubectl("get", "secrets"), "made after the snapshot"
    after = {name: cluster.kubectl("get", "node", name, "-o", "json")["metadata"]["uid"] for name in NODES}
    assert after == before, "nodes are those of the snapshot, not ones that registered anew"
    for name in (CONTROL, *NODES):
        cluster.kubectl("wait", "--for=condition=Ready", f"node/{name}", "--timeout=120s")
    until("the pods are back", lambda: ready(cluster) == 2, 180)
    found = cluster.inside(
        CONTROL, "set -a; . /etc/kubernetes/rackwright/etcdctl.env; etcdctl endpoint health 2>&1"
    )
    assert "is healthy" in found
    cluster.well("configure", "--host", CONTROL, timeout=900)
    cluster.well("configure", "--check", timeout=900)


def ready(cluster: Cluster) -> int:
    status = cluster.kubectl("get", "deployment", "app", "-o", "json")["status"]
    return int(status.get("readyReplicas", 0))


def test_the_cluster_takes_new_work(cluster: Cluster) -> None:
    """Objects that are made after the way back are newer than all that anybody has watched."""
    cluster.kubectl("create", "deployment", "fresh", "--image=registry.k8s.io/pause:3.10.2", "--replicas=2")
    cluster.kubectl("wait", "--for=condition=Available", "deployment/fresh", "--timeout=120s")
