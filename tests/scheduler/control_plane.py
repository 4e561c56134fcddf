"""A control plane without nodes: etcd, API server, scheduler and claim controller, as this user's processes.

Binaries are taken from the folder ``$RACKWRIGHT_KUBERNETES_BIN``. Nodes are objects only: no kubelet runs,
and a pod that is scheduled stays so.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


def binaries() -> Path | None:
    """The folder, when all programs are in it."""
    folder = Path(os.environ.get("RACKWRIGHT_KUBERNETES_BIN") or "/nonexistent")
    return folder if all((folder / name).is_file() for name in PROGRAMS) else None


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class ControlPlane:
    """Started by :meth:`start`, ended by :meth:`stop`."""

    bin: Path
    work: Path
    port: int = field(default_factory=free_port)
    controllers: str = "resourceclaim-controller,namespace-controller"
    """Of the controller manager; comma-separated."""
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    gates: str = ""
    """Feature gates of all programs, as they take them."""
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str) -> None:
        """:param arguments: further ones of the API server."""
        client, peer = free_port(), free_port()
        own = f"http://127.0.0.1:{client}"
        self.run("etcd", f"--data-dir={self.work}/etcd", f"--listen-client-urls={own}",
                 f"--advertise-client-urls={own}", f"--listen-peer-urls=http://127.0.0.1:{peer}",
                 "--unsafe-no-fsync")  # fmt: skip
        self.api_server(own, *arguments)
        self.until("/readyz", 120)
        config = self.kubeconfig()
        gates = [f"--feature-gates={self.gates}"] if self.gates else []
        self.run("kube-controller-manager", *gates, f"--kubeconfig={config}", "--leader-elect=false",
                 f"--controllers={self.controllers}", f"--secure-port={free_port()}",
                 f"--cert-dir={self.work}/cm")  # fmt: skip
        self.run("kube-scheduler", *gates, f"--kubeconfig={config}", "--leader-elect=false",
                 f"--secure-port={free_port()}", f"--cert-dir={self.work}/sched")  # fmt: skip

    def api_server(self, etcd: str, *arguments: str) -> subprocess.Popen[bytes]:
        """An API server with a certificate and a token of its own."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        (self.work / "sa.key").write_bytes(pem)
        (self.work / "tokens.csv").write_text(f"{self.token},admin,admin,system:masters\n")
        gates = [f"--feature-gates={self.gates}"] if self.gates else []
        return self.run("kube-apiserver", *gates, f"--etcd-servers={etcd}", f"--secure-port={self.port}",
                        "--bind-address=127.0.0.1", f"--cert-dir={self.work}/api",
                        "--service-cluster-ip-range=10.192.0.0/16", "--authorization-mode=RBAC",
                        f"--token-auth-file={self.work}/tokens.csv", "--service-account-issuer=https://test",
                        f"--service-account-key-file={self.work}/sa.key",
                        f"--service-account-signing-key-file={self.work}/sa.key",
                        "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
                        *arguments)  # fmt: skip

    def run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.work / f"{program}.log").open("ab") as log:
            child = subprocess.Popen([self.bin / program, *arguments], stdout=log, stderr=log)
        self.running.append(child)
        return child

    def stop(self) -> None:
        """Last started, first ended: an API server whose etcd is gone would wait for it."""
        for child in reversed(self.running):
            child.terminate()
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(15)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> dict:
        """:raises urllib.error.HTTPError: the API server refuses it."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name, value)
        trust = ssl.create_default_context(cafile=str(self.work / "api" / "apiserver.crt"))
        with urllib.request.urlopen(request, timeout=20, context=trust) as answer:  # noqa: S310 - https
            text = answer.read()
        return json.loads(text) if text[:1] == b"{" else {}

    def until(self, path: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                self.ask("GET", path)
            except (OSError, urllib.error.URLError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.3)
            else:
                return

    def kubeconfig(self) -> Path:
        server = f"https://127.0.0.1:{self.port}"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {
                "server": server, "certificate-authority": str(self.work / "api" / "apiserver.crt")}}],
            "users": [{"name": "u", "user": {"token": self.token}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }  # fmt: skip
        path = self.work / "kubeconfig"
        path.write_text(json.dumps(config))
        return path


@contextmanager
def running(made: ControlPlane, *arguments: str) -> Iterator[ControlPlane]:
    """Started with further arguments of the API server, and ended whatever happens."""
    try:
        made.start(*arguments)
        yield made
    finally:
        made.stop()
