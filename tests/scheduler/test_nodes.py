"""What the modules ask of Kubernetes, asked of a real API server and a real etcd; no kubelet runs."""

from __future__ import annotations

import base64
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.scheduler.control_plane import ControlPlane, binaries, free_port, running

from rackwright.kubernetes.anonymous import authentication
from rackwright.paths import home

sys.path.insert(0, str(home() / "collections"))
from ansible_collections.rackwright.node.plugins.module_utils import kubectl
from ansible_collections.rackwright.node.plugins.modules import etcd_restore, kubernetes_node

BIN = binaries()
pytestmark = pytest.mark.skipif(
    BIN is None, reason="RACKWRIGHT_KUBERNETES_BIN names no folder with Kubernetes"
)
NAME, ADDRESS = "gpu-01", "10.0.0.9"


class Module:
    """Runs commands as Ansible's module does."""

    check_mode = False

    def __init__(self, *folders: Path | None) -> None:
        path = os.pathsep.join([*(str(folder) for folder in folders), os.environ["PATH"]])
        self.environment = {**os.environ, "PATH": path}

    def run_command(self, command: list[str], data: str | None = None) -> tuple[int, str, str]:
        done = subprocess.run(
            command, input=data, capture_output=True, text=True, timeout=60, check=False, env=self.environment
        )
        return done.returncode, done.stdout, done.stderr

    def fail_json(self, msg: str) -> None:
        raise AssertionError(msg)


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    assert BIN is not None
    with running(ControlPlane(BIN, tmp_path_factory.mktemp("plane"))) as made:
        yield made


@pytest.fixture
def module(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> Any:
    ask = kubectl.kubectl
    config = str(plane.work / "kubeconfig")
    monkeypatch.setattr(kubectl.kubectl, "__kwdefaults__", {**ask.__kwdefaults__, "config": config})
    monkeypatch.setattr(kubectl.objects, "__kwdefaults__", {"config": config})
    return Module(BIN)


def csr(module: Any, name: str, dns: list[str]) -> None:
    """A kubelet asks for its serving certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:nodes"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"system:node:{NAME}"),
        ]
    )
    names = x509.SubjectAlternativeName([x509.DNSName(each) for each in dns])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).add_extension(names, False)
    pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    document = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": name},
        "spec": {
            "request": base64.b64encode(pem).decode(),
            "signerName": kubernetes_node.SIGNER,
            "usages": ["digital signature", "server auth"],
        },
    }
    who = ["--as", f"system:node:{NAME}", "--as-group", "system:nodes", "--as-group", "system:masters"]
    kubectl.kubectl(module, "create", "-f", "-", *who, data=json.dumps(document))


def approved(module: Any, name: str) -> bool:
    found = kubectl.objects(module, "csr", name)
    return any(each["type"] == "Approved" for each in found["status"].get("conditions", ()))


def test_a_nodes_own_request_is_approved_and_another_is_not(module: Any) -> None:
    csr(module, "own", [NAME])
    assert kubernetes_node.approve(module, NAME, ADDRESS) == ["approve own"]
    assert approved(module, "own")
    csr(module, "more", [NAME, "api.lab.internal"])
    with pytest.raises(kubectl.Refused, match=r"asks for DNS:api\.lab\.internal"):
        kubernetes_node.approve(module, NAME, ADDRESS)
    assert not approved(module, "more")
    kubectl.kubectl(module, "delete", "csr", "own", "more")


def test_a_node_is_shaped_once_and_leaves(module: Any, plane: ControlPlane) -> None:
    plane.ask("POST", "/api/v1/nodes", {"metadata": {"name": NAME}, "spec": {"unschedulable": True}})
    asked = {"name": NAME, "address": "", "pods": "10.1.0.0/24", "version": "", "ready": True, "wait": 1}
    with pytest.raises(kubectl.Refused, match="not ready after 1 s"):
        kubernetes_node.keep(module, asked)
    found = kubectl.objects(module, "node", NAME)
    assert found["spec"]["podCIDRs"] == ["10.1.0.0/24"]
    assert found["spec"]["unschedulable"], "who drained it lets pods come again"
    found["status"]["conditions"] = [{"type": "Ready", "status": "True", "reason": "a", "message": "b"}]
    plane.ask("PUT", f"/api/v1/nodes/{NAME}/status", found)
    assert kubernetes_node.keep(module, asked) == []
    with pytest.raises(kubectl.Refused, match=r"expected 10\.2"):
        kubernetes_node.keep(module, {**asked, "pods": "10.2.0.0/24"})
    kubectl.kubectl(module, "uncordon", NAME)
    assert kubernetes_node.leave(module, {**asked, "state": "drained"}) == ["drain"]
    assert kubernetes_node.leave(module, {**asked, "state": "drained"}) == []
    assert kubernetes_node.leave(module, {**asked, "state": "absent"}) == ["drain", "delete"]
    assert kubernetes_node.leave(module, {**asked, "state": "absent"}) == []


def test_without_a_name_only_health_is_told(tmp_path: Path) -> None:
    assert BIN is not None
    file = tmp_path / "authentication.yaml"
    file.write_text(yaml.safe_dump(authentication("1.37")))
    made = ControlPlane(BIN, tmp_path)
    try:
        made.start(f"--authentication-config={file}")
        trust = ssl.create_default_context(cafile=str(tmp_path / "api/apiserver.crt"))
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust))
        top = f"https://127.0.0.1:{made.port}"
        assert opener.open(f"{top}/livez", timeout=10).status == 200
        for path in ("/api/v1/pods", "/version", "/api/v1/namespaces/kube-public/configmaps/cluster-info"):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                opener.open(f"{top}{path}", timeout=10)
    finally:
        made.stop()


# -- etcd ---------------------------------------------------------------------------------------------


class Etcd:
    """One member; data in a folder of its own."""

    def __init__(self, work: Path) -> None:
        self.data, self.client, self.peer = work / "data", free_port(), free_port()

    def __enter__(self) -> Etcd:
        own, peer = f"http://127.0.0.1:{self.client}", f"http://127.0.0.1:{self.peer}"
        self.child = subprocess.Popen(
            [
                f"{BIN}/etcd", f"--data-dir={self.data}", "--name=one", f"--listen-client-urls={own}",
                f"--advertise-client-urls={own}", f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=one={peer}",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + 30
        while self.ask("endpoint", "health", check=False) and time.monotonic() < end:
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self.child.terminate()
        self.child.wait(15)

    def ask(self, *words: str, check: bool = True) -> int:
        return self._run(*words, check=check).returncode

    def get(self, key: str) -> dict[str, Any]:
        return json.loads(self._run("get", key, "-w", "json").stdout)

    def _run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [f"{BIN}/etcdctl", f"--endpoints=127.0.0.1:{self.client}", "--command-timeout=2s", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=check)


@pytest.mark.parametrize("killed", [False, True])
def test_etcd_goes_back_to_a_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool) -> None:
    snapshot, etcd = tmp_path / "s.db", Etcd(tmp_path)
    with etcd:
        etcd.ask("put", "a", "before")
        etcd.ask("snapshot", "save", str(snapshot))
        etcd.ask("put", "a", "after")
        revision = etcd.get("a")["header"]["revision"]
    monkeypatch.setattr(etcd_restore, "DATA", str(etcd.data))
    asked = {"snapshot": str(snapshot), "name": "one", "members": {"one": f"http://127.0.0.1:{etcd.peer}"}}
    marked = etcd_restore.digest(str(snapshot))
    if killed:  # between the two renames
        with monkeypatch.context() as patch:
            patch.setattr(etcd_restore.shutil, "rmtree", lambda *a, **k: None)
            rename = os.rename

            def once(source: str, target: str) -> None:
                if source.endswith(".restoring/member"):
                    raise KeyboardInterrupt
                rename(source, target)

            patch.setattr(etcd_restore.os, "rename", once)
            with pytest.raises(KeyboardInterrupt):
                etcd_restore.lay_out(Module(BIN), asked, marked)
    etcd_restore.lay_out(Module(BIN), asked, marked)
    assert sorted(path.name.partition("-")[0] for path in etcd.data.iterdir()) == ["before", "member"]
    with etcd:
        found = etcd.get("a")
    assert base64.b64decode(found["kvs"][0]["value"]) == b"before"
    assert found["header"]["revision"] > revision + etcd_restore.BUMP / 2


@pytest.mark.parametrize("empty", [False, True])
def test_etcd_comes_back_where_its_data_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: bool
) -> None:
    """Also where it has begun anew meanwhile, with nothing; and again, where they are lost again."""
    snapshot, etcd = tmp_path / "s.db", Etcd(tmp_path)
    with etcd:
        etcd.ask("put", "a", "before")
        etcd.ask("snapshot", "save", str(snapshot))
    monkeypatch.setattr(etcd_restore, "DATA", str(etcd.data))
    asked = {"snapshot": str(snapshot), "name": "one", "members": {"one": f"http://127.0.0.1:{etcd.peer}"}}
    marked = etcd_restore.digest(str(snapshot))
    for _ in range(2):
        shutil.rmtree(etcd.data)
        if empty:
            with etcd:
                assert "kvs" not in etcd.get("a")
        assert etcd_restore.noted(str(etcd.data / etcd_restore.MARK)) == "", "it has to be restored"
        etcd_restore.lay_out(Module(BIN), asked, marked)
        assert etcd_restore.noted(str(etcd.data / etcd_restore.MARK)) == marked
        with etcd:
            found = etcd.get("a")
        assert base64.b64decode(found["kvs"][0]["value"]) == b"before"
        assert etcd_restore.noted(str(etcd.data / etcd_restore.MARK)) == marked, "etcd lets it be"
