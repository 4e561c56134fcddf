"""A control plane of one server: ready, with secrets encrypted and nobody anonymous."""

from __future__ import annotations

import json

from testinfra.host import Host

KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"


def test_the_node_is_ready(host: Host) -> None:
    [node] = json.loads(host.check_output(f"{KUBECTL} get nodes -o json"))["items"]
    ready = [each["status"] for each in node["status"]["conditions"] if each["type"] == "Ready"]
    assert ready == ["True"]
    assert host.service("kubelet").is_enabled


def test_secrets_are_encrypted_in_etcd(host: Host) -> None:
    host.run(f"{KUBECTL} create secret generic molecule --from-literal=a=plainly")
    etcd = "set -a; . /etc/kubernetes/rackwright/etcdctl.env; etcdctl get /registry/secrets/default/molecule"
    found = host.check_output(etcd)
    assert "k8s:enc:secretbox" in found
    assert "plainly" not in found


def test_nobody_is_anonymous(host: Host) -> None:
    asked = (
        "import ssl, urllib.request as u; "
        "u.urlopen('https://127.0.0.1:10250/pods', context=ssl._create_unverified_context())"
    )
    answer = host.run(f'python3 -c "{asked}"')
    assert "401" in answer.stderr


def test_what_lets_in_is_private(host: Host) -> None:
    for path in ("encryption.yaml", "kubeadm.yaml"):
        assert host.file(f"/etc/kubernetes/rackwright/{path}").mode == 0o600
    assert not host.file("/etc/kubernetes/rackwright/discovery.conf").exists
