"""A cluster with Kubernetes by `rackwright up`: without its depot, and with it; nodes, names, services,
drift, a rerun, a restart; etcd goes back.

Needs the filled depot (`rackwright depot build lab-kubernetes`); skipped, by name, without it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.lab import in_pod, kubernetes
from tests.lab.command import command
from tests.lab.conftest import LeftOut, NodesUp
from tests.lab.kubernetes import CONTROL, ENGINE, FILLED, NAME, NEEDS_DEPOT, ONE, TABLE, TWO, kubectl

from rackwright import paths, pipeline
from rackwright.errors import WorldRefused
from rackwright.inventory.order import ORDER
from rackwright.lab.inside import must
from rackwright.lab.place import Place

pytestmark = [NEEDS_DEPOT, pytest.mark.timeout(1800)]
PLATFORM = ("--stack", "platform")
BACK_SECONDS = 240.0
"""A control-plane server that was restarted, until its node is ready again."""
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
CLAIMING = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  restartPolicy: Never
  containers:
  - name: pause
    image: registry.k8s.io/pause:3.10.2
    resources: {{claims: [{{name: gpu}}]}}
  resourceClaims: [{{name: gpu, resourceClaimTemplateName: gpu}}]
"""


@pytest.fixture(scope="module")
def cluster(nodes_up: NodesUp) -> Path:
    return nodes_up.path


def test_without_a_depot_everything_else_comes_up(left_out: LeftOut) -> None:
    why = f"no filled depot of {TABLE}"
    assert left_out.refused.returncode == 3
    assert why in left_out.refused.stderr
    assert "--platform-optional" in left_out.refused.stderr
    assert f"lab: Kubernetes is not served: {why}" in left_out.built
    [said] = [line for line in left_out.said.splitlines() if "left out" in line]
    assert said.startswith(f"Kubernetes is left out: {why}")
    assert left_out.note.count("\n") == 1
    assert left_out.note.startswith(why)
    assert "registry" in left_out.served


def test_the_next_up_brings_it(cluster: Path) -> None:
    assert not (paths.state_dir(NAME) / "platform-left-out").exists()
    assert kubernetes.ready_nodes() == {CONTROL: True, ONE: True, TWO: True}
    assert kubernetes.requests() == []
    assert kubernetes.members() == [CONTROL]


def test_all_nodes_are_ready(cluster: Path) -> None:
    for node in kubernetes.items("nodes"):
        assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.37.2"
        assert node["spec"]["podCIDR"]
    assert kubernetes.kubeconfig().stat().st_mode & 0o777 == 0o600


def test_kubectl_from_a_users_shell(cluster: Path, tmp_path: Path) -> None:
    """As docs/kubernetes.md has it, in an environment that holds nothing else."""
    shell = f'export KUBECONFIG="{kubernetes.kubeconfig()}"; "{FILLED}/files/kubectl" get nodes --no-headers'
    done = subprocess.run(
        ["sh", "-c", shell],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.defpath, "HOME": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        [CONTROL, "Ready"],
        [ONE, "Ready"],
        [TWO, "Ready"],
    ]


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


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_what_was_edited_by_hand_in_the_cluster_is_found(cluster: Path) -> None:
    """A label and a DeviceClass; both are named, and nothing else is blamed."""
    clean = command("preview", cluster, *PLATFORM, *ENGINE, "--expect-no-changes", timeout=400)
    assert clean.returncode == 0, clean.stdout
    [rack] = kubectl("get", "node", ONE, "-o", r"jsonpath={.metadata.labels.rackwright\.dev/rack}").split()
    wrong = '{"spec":{"selectors":[{"cel":{"expression":"false"}}]}}'
    before = kubectl("get", "deviceclass", "gpu.nvidia.com", "-o", "json")["spec"]["selectors"]
    kubectl("label", "--overwrite", "node", ONE, "rackwright.dev/rack=elsewhere")
    kubectl("patch", "deviceclass", "gpu.nvidia.com", "--type=merge", "-p", wrong)
    found = command("refresh", cluster, *PLATFORM, *ENGINE, "--expect-no-changes", "--json", timeout=600)
    kubectl("label", "--overwrite", "node", ONE, f"rackwright.dev/rack={rack}")
    right = json.dumps({"spec": {"selectors": before}})
    kubectl("patch", "deviceclass", "gpu.nvidia.com", "--type=merge", "-p", right)
    assert found.returncode == 1, found.stdout
    drifted = {each["name"] for each in events(found) if each["event"] == "end" and each["changes"]}
    # The stack names the label; the roles that own both are looked at, too.
    assert drifted == {"nodes-su01", "platform-control-core", "platform-gpu-su01"}, drifted
    mended = command("refresh", cluster, *PLATFORM, *ENGINE, "--json", timeout=600)
    assert mended.returncode == 0, mended.stdout
    clean = command("preview", cluster, *PLATFORM, *ENGINE, "--expect-no-changes", timeout=400)
    assert clean.returncode == 0, clean.stdout


def claim(cluster: Path, name: str) -> str:
    """Where a pod runs that asks for a GPU by the rendered template; it is taken away again."""
    planned = pipeline.plan(str(cluster))
    kubectl("apply", "-f", "-", text=pipeline.files(planned).site["kubernetes/dra/claims/gpu/gpu.yaml"])
    kubectl("apply", "-f", "-", text=CLAIMING.format(name=name))
    kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=90s")
    node = str(kubectl("get", "pod", name, "-o", "jsonpath={.spec.nodeName}"))
    kubectl("delete", "pod", name, "--wait=true", "--grace-period=1")
    return node


def test_running_every_role_again_changes_nothing_and_gpus_stay_schedulable(cluster: Path) -> None:
    """https://github.com/kubernetes-sigs/kubespray/issues/12277"""
    driver = any(entry.role == "dra_driver" for entry in ORDER)
    before = claim(cluster, "before") if driver else ""
    uids = {each["metadata"]["name"]: each["metadata"]["uid"] for each in kubernetes.items("pods")}
    done = command("configure", cluster, "--json", timeout=900)
    assert done.returncode == 0, done.stdout
    hosts = {
        (part, host): each for part, row in json.loads(done.stdout).items() for host, each in row.items()
    }
    assert {key: each["tasks"] for key, each in hosts.items() if each["changed"]} == {}
    assert {host for _, host in hosts} == {CONTROL, ONE, TWO}
    after = {each["metadata"]["name"]: each["metadata"]["uid"] for each in kubernetes.items("pods")}
    assert after == uids, "a pod was made anew"
    if not driver:
        pytest.skip("no role deploys a DRA driver: that GPUs are schedulable is not measured")
    assert before in (ONE, TWO)
    assert claim(cluster, "after") in (ONE, TWO)


def test_a_restart_of_the_control_plane_loses_nothing(cluster: Path) -> None:
    place = Place(NAME)
    kubectl("create", "configmap", "kept", "--from-literal=a=1")
    held = kubernetes.objects()
    uids = {each["metadata"]["name"]: each["metadata"]["uid"] for each in kubernetes.items("pods")}
    boot = _booted(place)
    must(place, CONTROL, ["systemctl", "--no-block", "reboot"])
    end = time.monotonic() + BACK_SECONDS
    while time.monotonic() < end and not _back(place, boot):
        time.sleep(2)
    assert _booted(place) != boot, "it did not restart"
    assert kubernetes.ready_nodes() == {CONTROL: True, ONE: True, TWO: True}
    assert kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}") == "1"
    after = {each["metadata"]["name"]: each["metadata"]["uid"] for each in kubernetes.items("pods")}
    assert after == uids, "pods on workers went on"
    end = time.monotonic() + 60
    while (now := kubernetes.objects()) != held and time.monotonic() < end:
        time.sleep(2)
    assert now == held
    service = kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
    assert in_pod.python(place, TWO, "client", in_pod.FETCH, f"http://{service}/health") == "200"


def _booted(place: Place) -> str:
    """When the machine's systemd began; it shares its kernel's boot id."""
    return must(place, CONTROL, ["systemctl", "show", "-P", "UserspaceTimestamp"]).strip()


def _back(place: Place, before: str) -> bool:
    try:
        return _booted(place) != before and all(kubernetes.ready_nodes().values())
    except (AssertionError, WorldRefused):  # neither machine nor API answers yet
        return False


def test_secrets_are_encrypted_and_etcd_goes_back(cluster: Path) -> None:
    place = Place(NAME)
    kubectl("create", "secret", "generic", "kept", "--from-literal=a=plainly")
    get = "etcdctl get /registry/secrets/default/kept | tr -cd '[:print:]'"
    etcd = f"set -a; . /etc/kubernetes/rackwright/etcdctl.env; {get}"
    found = must(place, CONTROL, ["sh", "-c", etcd])
    assert "k8s:enc:secretbox" in found
    assert "plainly" not in found
    must(place, CONTROL, ["systemctl", "start", "rackwright-etcd-snapshot.service"], timeout=120)
    snapshot = must(place, CONTROL, ["sh", "-c", "ls /var/backups/etcd/*.db"]).split()[-1]
    kubectl("delete", "secret", "kept")
    wish = cluster.parent / f"host_vars/{CONTROL}.yml"
    wish.parent.mkdir(exist_ok=True)
    wish.write_text(f"kubernetes_restore: {snapshot}\n")
    done = command("configure", cluster, "--host", CONTROL, timeout=600)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert kubectl("get", "secret", "kept", "-o", "json")["metadata"]["name"] == "kept"
    again = command("configure", cluster, "--host", CONTROL, timeout=600)
    assert again.returncode == 0, f"{again.stdout}\n{again.stderr}"
    wish.unlink()


def test_check_mode_has_nothing_to_say(cluster: Path) -> None:
    done = command("configure", cluster, "--check", "--json", timeout=600)
    assert done.returncode == 0, done.stdout


def test_a_node_leaves_with_its_network_and_comes_back(cluster: Path) -> None:
    place, own = Place(NAME), cluster.parent / f"host_vars/{TWO}.yml"
    own.parent.mkdir(exist_ok=True)
    kubectl("delete", "pod", "client", "--ignore-not-found")  # nothing would start it again

    def configure(text: str) -> subprocess.CompletedProcess[str]:
        own.write_text(text)
        return command("configure", cluster, "--host", TWO, timeout=600)

    for text in ("kubernetes_state: absent\n", "kubernetes_state: absent\ncni_state: absent\n") * 2:
        done = configure(text)  # the second time there is nothing left to do
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert TWO not in {node["metadata"]["name"] for node in kubectl("get", "nodes", "-o", "json")["items"]}
    left = (
        "ls -d /opt/cni/bin/* /etc/cni/net.d/10-rackwright.conflist /sys/class/net/cni0 /etc/kubernetes; true"
    )
    assert must(place, TWO, ["sh", "-c", f"({left}) 2>/dev/null"]).strip() == ""
    done = configure("kubernetes_state: present\n")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    test_all_nodes_are_ready(cluster)
