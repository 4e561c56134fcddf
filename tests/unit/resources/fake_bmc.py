"""A BMC that speaks Redfish over TLS, with one system behind it and faults that can be switched on."""

from __future__ import annotations

import base64
import datetime
import http.server
import ipaddress
import json
import ssl
import threading
import time
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def authority(folder):
    """A self-signed certificate for 127.0.0.1: (certificate file, key file)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fake bmc")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "ca.pem", folder / "key.pem"


class FakeBmc:
    """``on_boot(bmc)`` is called when power comes on; ``media`` is what was fetched from the inserted URL."""

    def __init__(
        self, folder, password, serial="SER1", macs=("02:00:00:00:00:01",), on_boot=lambda bmc: None
    ):
        self.password, self.serial, self.macs, self.on_boot = password, serial, macs, on_boot
        self.on = False
        self.boot = {
            "BootSourceOverrideTarget": "None",
            "BootSourceOverrideEnabled": "Disabled",
            "BootSourceOverrideMode": "UEFI",
            "HttpBootUri": None,
            "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Hdd", "UefiHttp", "Cd"],
        }
        self.image: str | None = None
        self.media: bytes | None = None
        self.resets: list[str] = []
        self.delay = 0.0
        self.failing = False
        self.requests = 0
        bmc = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self._do("GET")

            def do_POST(self):
                self._do("POST")

            def do_PATCH(self):
                self._do("PATCH")

            def _do(self, method):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, answer = bmc.answer(method, self.path, self.headers, json.loads(body or b"{}"))
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        certificate, key = authority(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.ca = certificate.read_text()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method, path, headers, body):
        self.requests += 1
        time.sleep(self.delay)
        if self.failing:
            return 503, {"error": {"message": "BMC is restarting"}}
        wanted = "Basic " + base64.b64encode(f"admin:{self.password}".encode()).decode()
        if path != "/redfish/v1/" and headers.get("Authorization") != wanted:
            return 401, {"error": {"message": "unauthorised"}}
        return getattr(self, f"_{method.lower()}")(path.rstrip("/").removeprefix("/redfish/v1"), body)

    def _get(self, path, body):
        ref = lambda to: {"@odata.id": f"/redfish/v1{to}"}  # noqa: E731
        ports = {f"/Systems/1/EthernetInterfaces/{i}": mac for i, mac in enumerate(self.macs)}
        if path in ports:
            return 200, {
                "@odata.id": path,
                "Id": path[-1],
                "Name": path[-1],
                "MACAddress": ports[path].upper(),
            }
        pages = {
            "": {"Id": "Root", "Name": "Root", "RedfishVersion": "1.15.0", "Systems": ref("/Systems")},
            "/Systems": {"Name": "Systems", "Members": [ref("/Systems/1")], "Members@odata.count": 1},
            "/Systems/1": {
                "Id": "1",
                "Name": "1",
                "SerialNumber": self.serial,
                "Model": "DGX H100",
                "PowerState": "On" if self.on else "Off",
                "Boot": self.boot,
                "EthernetInterfaces": ref("/Systems/1/EthernetInterfaces"),
                "Links": {"ManagedBy": [ref("/Managers/1")]},
                "Actions": {
                    "#ComputerSystem.Reset": {
                        "target": "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset",
                        "ResetType@Redfish.AllowableValues": ["On", "ForceOff"],
                    }
                },
            },
            "/Systems/1/EthernetInterfaces": {
                "Name": "ports",
                "Members": [ref(port) for port in ports],
                "Members@odata.count": len(ports),
            },
            "/Managers/1": {"Id": "1", "Name": "BMC", "VirtualMedia": ref("/Managers/1/VirtualMedia")},
            "/Managers/1/VirtualMedia": {
                "Name": "media",
                "Members": [ref("/Managers/1/VirtualMedia/Cd")],
                "Members@odata.count": 1,
            },
            "/Managers/1/VirtualMedia/Cd": {
                "Id": "Cd",
                "Name": "CD",
                "MediaTypes": ["CD", "DVD"],
                "Image": self.image,
                "Inserted": self.image is not None,
                "Actions": {
                    f"#VirtualMedia.{act}Media": {
                        "target": f"/redfish/v1/Managers/1/VirtualMedia/Cd/Actions/VirtualMedia.{act}Media"
                    }
                    for act in ("Insert", "Eject")
                },
            },
        }
        return (200, {"@odata.id": f"/redfish/v1{path}", **pages[path]}) if path in pages else (404, {})

    def _patch(self, path, body):
        self.boot.update(body.get("Boot", {}))
        return 200, {}

    def _post(self, path, body):
        act = path.rpartition(".")[2]
        if act == "InsertMedia":
            self.image = body["Image"]
        elif act == "EjectMedia":
            self.image = None
        elif act == "Reset":
            self.resets.append(body["ResetType"])
            self.on = body["ResetType"] == "On"
            if self.on:
                if self.image:
                    self.media = urllib.request.urlopen(self.image, timeout=5).read()  # noqa: S310
                threading.Thread(target=self.on_boot, args=(self,), daemon=True).start()
        return 200, {}
