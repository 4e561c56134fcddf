"""A registry and a web server over TLS, with a certificate of its own, and faults that can be switched on."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
CONFIG = "application/vnd.cncf.helm.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
TOKEN = "for-anybody"  # noqa: S105 - not a secret


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Registry:
    """Gives ``content`` by path. ``guarded``: wants a token, which it gives to anybody."""

    def __init__(self, folder: Path) -> None:
        self.content: dict[str, bytes] = {}
        self.guarded, self.account = False, False
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certificate = certificate(folder)
        context.load_cert_chain(self.certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path, _, query = request.path.partition("?")
        authorization = request.headers.get("Authorization")
        self.asked.append((path, authorization))
        if path == "/token":
            assert query == "service=here&scope=repository%3Aa%3Apull"
            body = json.dumps({"token": TOKEN}).encode()
        elif path.startswith("/v2/") and self.guarded and authorization != f"Bearer {TOKEN}":
            request.send_response(401)
            kind = "Basic" if self.account else "Bearer"
            words = f'{kind} realm="https://{self.host}/token",service="here",scope="repository:a:pull"'
            request.send_header("WWW-Authenticate", words)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        elif path in self.content:
            body = self.content[path]
        else:
            request.send_error(404)
            return
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def blob(self, repository: str, content: bytes) -> dict[str, object]:
        """Put a blob there; what a manifest says of it."""
        self.content[f"/v2/{repository}/blobs/sha256:{sha(content)}"] = content
        return {"digest": f"sha256:{sha(content)}", "size": len(content)}

    def manifest(self, repository: str, document: dict[str, object]) -> str:
        """Put a manifest there; its sha256."""
        content = json.dumps(document).encode()
        self.content[f"/v2/{repository}/manifests/sha256:{sha(content)}"] = content
        return sha(content)

    def chart(self, repository: str, archive: bytes) -> str:
        """Put a chart there as Helm does; sha256 of its manifest."""
        config = {"mediaType": CONFIG, **self.blob(repository, b"{}")}
        layer = {"mediaType": CHART, **self.blob(repository, archive)}
        return self.manifest(repository, {"mediaType": MANIFEST, "config": config, "layers": [layer]})

    def image(self, repository: str, layer: bytes, arch: str = "amd64") -> str:
        """Put an image of one compressed layer there; sha256 of its index."""
        config = {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            **self.blob(repository, b'{"rootfs": {}}'),
        }
        part = {"mediaType": LAYER, **self.blob(repository, layer)}
        one = self.manifest(repository, {"mediaType": MANIFEST, "config": config, "layers": [part]})
        platform = {"os": "linux", "architecture": arch}
        row = {"mediaType": MANIFEST, "digest": f"sha256:{one}", "size": 1, "platform": platform}
        return self.manifest(repository, {"mediaType": INDEX, "manifests": [row]})

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def certificate(folder: Path) -> Path:
    """Certificate and key of 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + text)
    return path
