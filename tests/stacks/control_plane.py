"""A real control plane of processes: etcd, kube-apiserver, and kube-controller-manager where it is found.

Binaries are looked for in the folder that ``RACKWRIGHT_KUBE_BIN`` names, then below ``depot/kubernetes`` in
the cache.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rackwright.paths import cache_dir

READY_SECONDS = 90
NEEDED = ("etcd", "kube-apiserver")
Json = Any


def binary(name: str) -> Path | None:
    """An executable of that name."""
    named = os.environ.get("RACKWRIGHT_KUBE_BIN")
    places = [Path(named) / name] if named else sorted((cache_dir() / "depot" / "kubernetes").rglob(name))
    return next((path for path in places if path.is_file() and os.access(path, os.X_OK)), None)


def need_binaries() -> None:
    missing = [name for name in NEEDED if binary(name) is None]
    if missing:
        pytest.skip(f"not found: {', '.join(missing)} (RACKWRIGHT_KUBE_BIN names their folder)")


class ControlPlane:
    """``with ControlPlane(folder) as plane``: an API server that answers, with a kubeconfig for it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.etcd, self.port = folder, _free_port(), _free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._authority = _Authority(folder / "authority")

    def __enter__(self) -> ControlPlane:
        try:
            self._start_etcd()
            self.start_server()
            (self.folder / "kubeconfig").write_text(self.kubeconfig())
            if binary("kube-controller-manager"):
                self._start_controllers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes.values()):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait(20)

    @property
    def controllers(self) -> bool:
        """Whether namespaces and dependents are cleaned up."""
        return "kube-controller-manager" in self.processes

    def kubeconfig(self) -> str:
        """As kubeadm writes it: authority, certificate and key as data."""
        certificate, key = self._authority.client("admin", "system:masters")
        data = {name: base64.b64encode(text).decode() for name, text in (("c", certificate), ("k", key))}
        ca = base64.b64encode((self.folder / "certs" / "apiserver.crt").read_bytes()).decode()
        url = f"https://127.0.0.1:{self.port}"
        user = {"client-certificate-data": data["c"], "client-key-data": data["k"]}
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": url, "certificate-authority-data": ca}}],
                "users": [{"name": "u", "user": user}],
            }
        )

    def ask(self, method: str, path: str, body: Json = None, kind: str = "application/json") -> Json:
        """A request of somebody else's, straight to the server; None for 404."""
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", method=method)
        data = json.dumps(body).encode() if body is not None else None
        request.add_header("Content-Type", kind)
        try:
            with urllib.request.urlopen(  # noqa: S310 - our own server's https URL
                request, data, timeout=20, context=self._context()
            ) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error

    def edit(self, path: str, patch: Json, manager: str = "kubectl-edit") -> Json:
        """Change fields behind our back."""
        return self.ask("PATCH", f"{path}?fieldManager={manager}", patch, "application/merge-patch+json")

    def start_server(self) -> None:
        certs, key = self.folder / "certs", self.folder / "service-accounts.pem"
        if not key.exists():
            key.write_bytes(_pem(ec.generate_private_key(ec.SECP256R1())))
        self._start(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self.etcd}",
            f"--secure-port={self.port}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={certs}",
            f"--client-ca-file={self._authority.file}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://rackwright.invalid",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--profiling=false",
        )
        self._wait("kube-apiserver", lambda: self.ask("GET", "/version") and _ready(self))

    def kill_server(self) -> None:
        process = self.processes.pop("kube-apiserver")
        process.send_signal(signal.SIGKILL)
        process.wait(20)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.folder / "certs" / "apiserver.crt"))
        certificate, key = self._authority.client("somebody", "system:masters")
        path = self.folder / "somebody.pem"
        path.write_bytes(certificate + key)
        context.load_cert_chain(path)
        return context

    def _start_etcd(self) -> None:
        url = f"http://127.0.0.1:{self.etcd}"
        self._start(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={url}",
            f"--advertise-client-urls={url}",
            f"--listen-peer-urls=http://127.0.0.1:{_free_port()}",
            "--unsafe-no-fsync",
        )
        health = urllib.request.Request(f"{url}/health")  # noqa: S310 - our own server's
        self._wait("etcd", lambda: urllib.request.urlopen(health, timeout=2).status == 200)  # noqa: S310

    def _start_controllers(self) -> None:
        self._start(
            "kube-controller-manager",
            f"--kubeconfig={self.folder / 'kubeconfig'}",
            "--controllers=garbage-collector-controller,namespace-controller,deployment-controller,"
            "replicaset-controller",
            "--leader-elect=false",
            "--secure-port=0",
        )

    def _start(self, name: str, *arguments: str) -> None:
        path = binary(name)
        assert path is not None
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen([path, *arguments], stdout=log, stderr=log)

    def _wait(self, name: str, ready: Any) -> None:
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            assert self.processes[name].poll() is None, self._log(name)
            with contextlib.suppress(OSError, AssertionError):
                if ready():
                    return
            time.sleep(0.2)
        raise AssertionError(f"{name} is not ready after {READY_SECONDS} s: {self._log(name)}")

    def _log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-2000:]


def _ready(plane: ControlPlane) -> bool:
    request = f"https://127.0.0.1:{plane.port}/readyz"
    with urllib.request.urlopen(request, timeout=2, context=plane._context()) as answer:
        return bool(answer.status == 200)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


class _Authority:
    """Signs client certificates."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self.file = folder / "ca.pem"
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        certificate = self._builder(self._name, self._key.public_key()).add_extension(constraints, True)
        signed = certificate.sign(self._key, hashes.SHA256())
        self.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def client(self, name: str, group: str) -> tuple[bytes, bytes]:
        key = ec.generate_private_key(ec.SECP256R1())
        parts = [(NameOID.ORGANIZATION_NAME, group), (NameOID.COMMON_NAME, name)]
        subject = x509.Name([x509.NameAttribute(*part) for part in parts])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        signed = (
            self._builder(subject, key.public_key())
            .add_extension(usage, False)
            .sign(self._key, hashes.SHA256())
        )
        return signed.public_bytes(serialization.Encoding.PEM), _pem(key)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )
