"""A cluster with Kubernetes by `rackwright up`: nodes, names, services and pods across nodes; etcd goes back.

Needs the filled depot (`rackwright depot build kubernetes-1.37.2`); skipped, by name, without it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from tests.lab import in_pod
from tests.lab.conftest import command
from tests.lab.kubernetes_cluster import CONTROL, NAME, NEEDS_DEPOT, ONE, TWO, cluster, kubectl

from rackwright import paths
from rackwright.lab.inside import must
from rackwright.lab.place import Place

__all__ = ["cluster"]
pytestmark = [pytest.mark.timeout(1800), NEEDS_DEPOT]
PODS = f"""
apiVersion: v1
kind: Pod
metadata: {{name: server, labels: {{app: server}}}}
spec:
  nodeName: {ONE}
  containers:
  - name: etcd
    image: registry.k8s.io/etcd:3.7.0-0
    command: [etcd, --data-dir=/tmp/d, "--listen-client-urls=http://0.0.0.0:2379", "--advertise-client-urls=http://0.0.0.0:2379"]
    volumeMounts: [{{name: tmp, mountPath: /tmp}}]
  volumes: [{{name: tmp, emptyDir: {{}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: server}}, ports: [{{port: 80, targetPort: 2379}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: client}}
spec:
  nodeName: {TWO}
  containers: [{{name: pause, image: "registry.k8s.io/pause:3.10.2"}}]
"""


def test_all_nodes_are_ready(cluster: Path) -> None:
    nodes = {node["metadata"]["name"]: node for node in kubectl("get", "nodes", "-o", "json")["items"]}
    assert sorted(nodes) == [CONTROL, ONE, TWO]
    for node in nodes.values():
        assert {each["type"]: each["status"] for each in node["status"]["conditions"]}["Ready"] == "True"
        assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.37.2"
        assert node["spec"]["podCIDR"]
    config = paths.state_dir(NAME) / "secrets/kubeconfig"
    assert config.stat().st_mode & 0o777 == 0o600


def test_nothing_that_lets_in_is_kept_in_a_record(cluster: Path) -> None:
    state = paths.state_dir(NAME)
    secret = (state / "secrets/kubernetes-encryption-key").read_text().strip()
    data = yaml.safe_load((state / "secrets/kubeconfig").read_text())["users"][0]["user"]["client-key-data"]
    for path in [*(state / "runs").rglob("*"), *(state / "engine").rglob("*")]:
        if path.is_file():
            text = path.read_text(errors="replace")
            assert secret not in text
            assert data not in text
            assert not re.search(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b", text), "a bootstrap token"


def test_names_and_services_across_nodes(cluster: Path) -> None:
    place = Place(NAME)
    kubectl("apply", "-f", "-", text=PODS)
    kubectl("wait", "--for=condition=Ready", "pod/server", "pod/client", "--timeout=60s")
    service = kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
    pod = kubectl("get", "pod", "server", "-o", "jsonpath={.status.podIP}")
    dns = kubectl("get", "service", "-n", "kube-system", "kube-dns", "-o", "jsonpath={.spec.clusterIP}")
    found = in_pod.python(place, TWO, "client", in_pod.LOOK_UP, "web.default.svc.cluster.local", dns)
    assert found == service
    for address in (f"{pod}:2379", service):
        assert in_pod.python(place, TWO, "client", in_pod.FETCH, f"http://{address}/health") == "200"


def test_pods_are_kept_off_the_compute_plane(cluster: Path) -> None:
    place = Place(NAME)
    planes = {ONE: ("server", TWO), TWO: ("client", ONE)}
    for node, (pod, other) in planes.items():
        [far] = [
            each["local"]
            for link in json.loads(must(place, other, ["ip", "-j", "addr", "show", "dev", "enp24s0np0"]))
            for each in link["addr_info"]
            if each["family"] == "inet"
        ]
        reach = f"import socket; socket.create_connection(({far!r}, 22), 3); print('reached')"
        assert "No route to host" in in_pod.python(place, node, pod, reach)


def test_secrets_are_encrypted_and_etcd_goes_back(cluster: Path) -> None:
    place = Place(NAME)
    kubectl("create", "secret", "generic", "kept", "--from-literal=a=plainly")
    etcd = "set -a; . /etc/kubernetes/rackwright/etcdctl.env; etcdctl get /registry/secrets/default/kept"
    found = must(place, CONTROL, ["sh", "-c", etcd])
    assert "k8s:enc:secretbox" in found
    assert "plainly" not in found
    must(place, CONTROL, ["systemctl", "start", "rackwright-etcd-snapshot.service"], timeout=120)
    snapshot = must(place, CONTROL, ["sh", "-c", "ls /var/backups/etcd/*.db"]).split()[-1]
    kubectl("delete", "secret", "kept")
    (cluster.parent / "host_vars").mkdir()
    (cluster.parent / f"host_vars/{CONTROL}.yml").write_text(f"kubernetes_restore: {snapshot}\n")
    done = command("configure", cluster, "--host", CONTROL, timeout=600)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert kubectl("get", "secret", "kept", "-o", "json")["metadata"]["name"] == "kept"
    again = command("configure", cluster, "--host", CONTROL, timeout=600)
    assert again.returncode == 0, f"{again.stdout}\n{again.stderr}"


def test_a_second_run_changes_nothing(cluster: Path) -> None:
    done = command("configure", cluster, "--check", "--json", timeout=600)
    assert done.returncode == 0, done.stdout
