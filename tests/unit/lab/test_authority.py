"""BMC certificates chain to the lab's authority and name the BMC's address; passwords are kept hashed."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from rackwright.lab.bmc.authority import provision
from rackwright.lab.bmc.settings import BmcSettings, folder
from rackwright.lab.place import Place

BMC = BmcSettings("s1", "u", "S1", "m", "127.0.0.1", ())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("RACKWRIGHT_LABS", str(tmp_path / "labs"))
    return Place("unit")


def handshake(place: Place, authority: str, name: str) -> None:
    """A TLS handshake with the BMC's certificate, verified by the authority for ``name``."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder(place) / BMC.server / "tls.pem")
    client = ssl.create_default_context(cadata=authority)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:  # the client refused: that is what the caller looks at
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client.wrap_socket(ours, server_hostname=name).close()
    finally:
        ours.close()
        thread.join(timeout=10)


def test_certificate_is_for_its_address_only(place: Place) -> None:
    authority, changed = provision(place, [BMC], "admin", "hunter2")
    assert changed
    handshake(place, authority, "127.0.0.1")
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        handshake(place, authority, "127.0.0.2")


def test_second_time_changes_nothing_until_the_password_does(place: Place) -> None:
    first, _ = provision(place, [BMC], "admin", "hunter2")
    second, changed = provision(place, [BMC], "admin", "hunter2")
    assert (first, changed) == (second, False)
    assert provision(place, [BMC], "admin", "hunter3")[1]


def test_no_secret_is_readable_by_others_or_in_clear(place: Place) -> None:
    provision(place, [BMC], "admin", "canary-4711")
    for path in folder(place).rglob("*"):
        if path.is_file():
            assert "canary-4711" not in path.read_text()
            assert path.stat().st_mode & 0o077 == 0
