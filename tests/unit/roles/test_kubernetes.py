"""Nodes: what a killed kubeadm leaves, which certificates are approved, and what a way in holds."""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.rackwright.node.plugins.action import kubeconfig
from ansible_collections.rackwright.node.plugins.module_utils import kubectl
from ansible_collections.rackwright.node.plugins.modules import (
    kubeadm,
    kubernetes_node,
    kubernetes_ticket,
    nftables_table,
)

from rackwright.paths import home

NAME, ADDRESS = "gpu-01", "10.0.0.9"


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("BEGUN", "BOOTSTRAP", "DONE", "CLIENT", "CONFIG", "KUBELET"):
        monkeypatch.setattr(kubeadm, name, str(tmp_path / name))
    return tmp_path


class Module:
    """Answers commands by their first words, and notes them."""

    def __init__(self, **answers: str) -> None:
        self.answers, self.ran, self.check_mode = answers, [], False  # type: ignore[var-annotated]

    def run_command(self, command: list[str], data: str | None = None) -> tuple[int, str, str]:
        words = [word for word in command if not word.startswith("--")]
        self.ran.append(" ".join(words))
        for key, answer in self.answers.items():
            if key.replace("_", " ") in " ".join(words):
                return (1, "", answer) if answer.startswith("Error") else (0, answer, "")
        return 0, "", ""

    def fail_json(self, msg: str) -> None:
        raise AssertionError(msg)


# -- kubeadm ------------------------------------------------------------------------------------------


def asked(tmp_path: Path, state: str = "init", **more: Any) -> dict[str, Any]:
    more = {"version": "", "first": state == "init", **more}
    return {
        "state": state,
        "config": str(tmp_path / "c"),
        "patches": str(tmp_path / "p"),
        "ignored": [],
        **more,
    }


def test_a_first_run_begins_with_all_checks(disk: Path) -> None:
    module = Module()
    assert kubeadm.make(module, asked(disk)) == ["init"]  # type: ignore[arg-type]
    assert module.ran == [f"kubeadm init {disk}/c"]
    assert (disk / "DONE").exists()


def test_a_killed_run_is_taken_up(disk: Path) -> None:
    (disk / "BEGUN").touch()
    module = Module()
    commands: list[list[str]] = []
    module.run_command = lambda command, data=None: commands.append(command) or (0, "", "")  # type: ignore
    assert kubeadm.make(module, asked(disk)) == ["init"]  # type: ignore[arg-type]
    assert any("Port-6443" in word for word in commands[0])


def test_a_failure_leaves_no_mark_and_shows_no_token(disk: Path) -> None:
    module = Module(kubeadm_init="Error: token abcdef.0123456789abcdef is bad")
    with pytest.raises(AssertionError, match=r"token \*{6} is bad"):
        kubeadm.make(module, asked(disk))  # type: ignore[arg-type]
    assert not (disk / "DONE").exists()


def test_a_worker_with_its_own_certificate_has_joined(disk: Path) -> None:
    for name in ("KUBELET", "CLIENT", "CONFIG", "BOOTSTRAP"):
        (disk / name).touch()
    module = Module()
    assert kubeadm.make(module, asked(disk, "join")) == []  # type: ignore[arg-type]
    assert not (disk / "BOOTSTRAP").exists(), "a token of no more use"
    assert module.ran == []
    assert (disk / "DONE").exists()


def test_a_control_plane_has_joined_when_kubeadm_says_so(disk: Path) -> None:
    for name in ("KUBELET", "CLIENT", "CONFIG"):
        (disk / name).touch()
    (disk / "c").write_text("kind: JoinConfiguration\ncontrolPlane:\n  x: 1\n")
    assert kubeadm.make(Module(), asked(disk, "join")) == ["join"]  # type: ignore[arg-type]


def test_a_patch_younger_than_the_configuration_is_applied(disk: Path) -> None:
    (disk / "p").mkdir()
    for name in ("DONE", "CONFIG"):
        (disk / name).touch()
    os.utime(disk / "p", (1, 1))
    assert kubeadm.make(Module(), asked(disk)) == []  # type: ignore[arg-type]
    (disk / "p/x.yaml").touch()
    os.utime(disk / "CONFIG", (1, 1))
    module = Module()
    assert kubeadm.make(module, asked(disk)) == ["kubelet-config"]  # type: ignore[arg-type]
    assert module.ran[0].startswith("kubeadm upgrade node phase kubelet-config")
    assert kubeadm.make(Module(), asked(disk)) == []  # type: ignore[arg-type]


def test_the_first_server_upgrades_the_cluster(disk: Path) -> None:
    (disk / "DONE").write_text("1.36.4")
    module = Module()
    wanted = asked(disk, version="1.37.2")
    assert kubeadm.make(module, wanted) == ["upgrade 1.36.4 -> 1.37.2"]  # type: ignore[arg-type]
    assert module.ran[0].startswith("kubeadm upgrade apply v1.37.2")
    assert kubeadm.make(Module(), wanted) == []  # type: ignore[arg-type]


def test_no_worker_goes_beyond_its_api_server(disk: Path) -> None:
    (disk / "DONE").write_text("1.36.4")
    wanted = asked(disk, "join", version="1.37.2")
    old = Module(kubectl='{"serverVersion": {"gitVersion": "v1.36.4"}}')
    with pytest.raises(AssertionError, match=r"found v1\.36\.4, expected v1\.37\.2"):
        kubeadm.make(old, wanted)  # type: ignore[arg-type]
    assert (disk / "DONE").read_text() == "1.36.4"
    new = Module(kubectl='{"serverVersion": {"gitVersion": "v1.37.2"}}')
    assert kubeadm.make(new, wanted) == ["upgrade 1.36.4 -> 1.37.2"]  # type: ignore[arg-type]
    assert new.ran[-1].startswith("kubeadm upgrade node")


# -- certificates -------------------------------------------------------------------------------------


def request(**spec: Any) -> dict[str, Any]:
    usual = {
        "signerName": "kubernetes.io/kubelet-serving",
        "username": f"system:node:{NAME}",
        "groups": ["system:nodes"],
        "request": base64.b64encode(b"pem").decode(),
    }
    return {"metadata": {"name": "csr-1"}, "spec": {**usual, **spec}}


@pytest.mark.parametrize(
    "spec",
    [
        {"signerName": "kubernetes.io/kube-apiserver-client"},
        {"username": "system:node:gpu-02"},
        {"username": NAME},
        {"groups": ["system:authenticated"]},
    ],
)
def test_others_requests_are_left_alone(spec: dict[str, Any]) -> None:
    assert kubernetes_node.asks(request(), NAME)
    assert not kubernetes_node.asks(request(**spec), NAME)


def test_a_decided_request_is_left_alone() -> None:
    assert not kubernetes_node.asks({**request(), "status": {"conditions": [{"type": "Denied"}]}}, NAME)


def module_with(names: str) -> Module:
    return Module(get_csr=json.dumps({"items": [request()]}), openssl_req=f"X509v3: {names}")


def test_a_request_for_this_node_is_approved() -> None:
    module = module_with(f"DNS:{NAME}, IP Address:{ADDRESS}")
    assert kubernetes_node.approve(module, NAME, ADDRESS) == ["approve csr-1"]  # type: ignore[arg-type]
    assert any("certificate approve csr-1" in line for line in module.ran)


@pytest.mark.parametrize("names", ["DNS:api.lab.internal", "IP Address:10.0.0.1", "URI:spiffe://x"])
def test_a_request_for_more_is_refused(names: str) -> None:
    module = module_with(f"DNS:{NAME}, {names}")
    with pytest.raises(kubectl.Refused, match="asks for"):
        kubernetes_node.approve(module, NAME, ADDRESS)  # type: ignore[arg-type]
    assert not any("approve" in line for line in module.ran)


# -- nodes --------------------------------------------------------------------------------------------


def node(ready: bool = True, **spec: Any) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready), "message": "why"}]
    info = {"kubeletVersion": "v1.37.2"}
    return {"metadata": {"name": NAME}, "spec": spec, "status": {"conditions": conditions, "nodeInfo": info}}


def keep(**more: Any) -> dict[str, Any]:
    usual = {"name": NAME, "address": "", "pods": "", "version": "", "ready": True, "wait": 0}
    return {**usual, "state": "present", **more}


def test_a_ready_node_is_shaped_once() -> None:
    module = Module(get_csr='{"items": []}', get_node=json.dumps(node()))
    wanted = keep(pods="10.1.0.0/24", version="1.37.2")
    assert kubernetes_node.keep(module, wanted) == ["pods 10.1.0.0/24"]  # type: ignore[arg-type]
    there = Module(get_csr='{"items": []}', get_node=json.dumps(node(podCIDR="10.1.0.0/24")))
    assert kubernetes_node.keep(there, wanted) == []  # type: ignore[arg-type]


def test_a_drained_node_stays_drained() -> None:
    """Pods come again when the roll has proven the node, not when its roles are done."""
    module = Module(get_csr='{"items": []}', get_node=json.dumps(node(unschedulable=True)))
    assert kubernetes_node.keep(module, keep(version="1.37.2")) == []  # type: ignore[arg-type]
    assert not any("uncordon" in line for line in module.ran)


@pytest.mark.parametrize(
    ("found", "wanted", "words"),
    [
        (node(ready=False), {}, "not ready after 0 s: why"),
        (node(podCIDR="10.9.0.0/24"), {"pods": "10.1.0.0/24"}, "found 10.9.0.0/24, expected 10.1.0.0/24"),
        (node(), {"version": "1.36.0"}, "kubelet: found 1.37.2, expected 1.36.0"),
    ],
)
def test_what_is_wrong_is_said(found: dict[str, Any], wanted: dict[str, Any], words: str) -> None:
    module = Module(get_csr='{"items": []}', get_node=json.dumps(found))
    with pytest.raises(kubectl.Refused, match=words):
        kubernetes_node.keep(module, keep(**wanted))  # type: ignore[arg-type]


def test_a_node_whose_kubelet_nobody_reaches_is_not_ready() -> None:
    module = Module(get_csr='{"items": []}', get_node=json.dumps(node()), **{"proxy/healthz": "Error: x509"})
    with pytest.raises(kubectl.Refused, match="x509"):
        kubernetes_node.keep(module, keep(address=ADDRESS))  # type: ignore[arg-type]


def test_a_node_leaves_drained_and_one_that_is_gone_is_left() -> None:
    module = Module(get_node=json.dumps(node()))
    leave = {"name": NAME, "state": "absent", "wait": 9}
    assert kubernetes_node.leave(module, leave) == ["drain", "delete"]  # type: ignore[arg-type]
    gone = Module(get_node='Error from server (NotFound): nodes "gpu-01" not found')
    assert kubernetes_node.leave(gone, leave) == []  # type: ignore[arg-type]


def test_the_kubelet_is_not_taken_before_its_api_server() -> None:
    """Its program of the next release is installed when kubeadm has upgraded the node, never before."""
    read = {
        path.stem: yaml.safe_load(path.read_text())
        for path in (home() / "roles/kubernetes/tasks").glob("*.yml")
    }
    [early] = [task for task in read["install"] if "rackwright.node.artifacts" in task]
    assert "kubelet" in early["vars"]["kubernetes_waiting"]
    late = [task["name"] for task in read["service"]].index("Install the kubelet that waited")
    kubeadm_ = max(
        number
        for number, task in enumerate(read["service"])
        if "rackwright.node.kubeadm" in task or "join.yml" in json.dumps(task)
    )
    assert kubeadm_ < late


@pytest.mark.parametrize(
    ("noted", "waits"), [("1.36.3\n", True), ("1.37.2\n", False), ("1.37.20\n", True), ("\n", False)]
)
def test_a_node_of_another_release_is_seen(noted: str, waits: bool) -> None:
    tasks = yaml.safe_load((home() / "roles/kubernetes/tasks/install.yml").read_text())
    [look] = [task["ansible.builtin.find"] for task in tasks if "ansible.builtin.find" in task]
    pattern = look["contains"].replace("{{ kubernetes_version | regex_escape }}", re.escape("1.37.2"))
    assert "{{" not in pattern
    assert bool(re.match(pattern, noted)) is waits


WAYS_IN = ("kubernetes_discovery", "ticket.j2", 'kubernetes_ticket"', "kubernetes_secret")


def test_what_touches_a_way_in_is_never_shown() -> None:
    """Not even as it goes: a file that is removed shows its content in a difference."""
    tasks = [
        task
        for path in (home() / "roles/kubernetes/tasks").glob("*.yml")
        for task in yaml.safe_load(path.read_text())
    ]
    touching = [task for task in tasks if any(word in json.dumps(task) for word in WAYS_IN)]
    assert len(touching) == 4
    assert [task["name"] for task in touching if task.get("no_log") is not True] == []


# -- tables -------------------------------------------------------------------------------------------


def test_a_table_is_asked_for_and_deleted_as_the_kernel_has_it() -> None:
    data = nftables_table.message(nftables_table.DELETE, 5, 2, 0, nftables_table.named("kube-proxy"))
    assert data == bytes.fromhex(
        "24000000020a05000100000000000000020000000f000100" + b"kube-proxy\0".hex() + "00"
    )
    assert nftables_table.error_in(data[:4] + bytes.fromhex("0200") + bytes(10) + b"\xfe\xff\xff\xff") == 2
    assert nftables_table.error_in(data) == 0


# -- ways in ------------------------------------------------------------------------------------------


def test_a_ticket_is_a_kubeconfig_for_discovery() -> None:
    found = yaml.safe_load(kubernetes_ticket.kubeconfig("api:6443", b"CA", "a.b"))
    assert found["clusters"][0]["cluster"] == {
        "server": "https://api:6443",
        "certificate-authority-data": base64.b64encode(b"CA").decode(),
    }
    assert found["users"][0]["user"] == {"token": "a.b"}


def test_the_kubeconfig_is_for_the_management_plane() -> None:
    text = yaml.safe_dump(
        {
            "clusters": [{"name": "kubernetes", "cluster": {"server": "https://api:6443"}}],
            "contexts": [{"name": "c", "context": {"cluster": "kubernetes", "user": "u"}}],
        }
    )
    found = yaml.safe_load(kubeconfig.changed_for(text, "10.112.0.5:6443", "control-01", "lab"))
    assert found["clusters"][0]["cluster"] == {
        "server": "https://10.112.0.5:6443",
        "tls-server-name": "control-01",
    }
    assert found["contexts"][0]["context"]["cluster"] == found["clusters"][0]["name"] == "lab"
