"""The prober: packets as the RFCs have them, and answers told apart."""

from __future__ import annotations

import socket
import struct
import time

import pytest

from rackwright.verify import prober


def ip(source: str, payload: bytes, ttl: int = 61) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, ttl, 1, 0)
    return head + socket.inet_aton(source) + socket.inet_aton("10.0.0.1") + payload


def error(kind: int, code: int, source: str, identifier: int, sequence: int, mtu: int = 0) -> bytes:
    asked = ip("10.0.0.1", prober.request(identifier, sequence, 84)[:8])
    return ip(source, struct.pack("!BBHHH", kind, code, 0, 0, mtu) + asked)


def test_a_request_has_the_size_that_was_asked_for_and_a_right_checksum():
    packet = prober.request(7, 9, 9000)
    assert len(packet) == 9000 - 20
    assert prober.checksum(packet) == 0


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (
            ip("10.0.0.2", struct.pack("!BBHHH", 0, 0, 0, 7, 3)),
            (3, {"got": "reply", "from": "10.0.0.2", "ttl": 61}),
        ),
        (error(11, 0, "10.0.0.9", 7, 4), (4, {"got": "ttl-exceeded", "from": "10.0.0.9"})),
        (error(3, 13, "10.0.0.9", 7, 5), (5, {"got": "prohibited", "from": "10.0.0.9"})),
        (error(3, 1, "10.0.0.9", 7, 5), (5, {"got": "unreachable", "from": "10.0.0.9"})),
        (error(3, 4, "10.0.0.9", 7, 6, 1500), (6, {"got": "too-big", "from": "10.0.0.9", "mtu": 1500})),
        (ip("10.0.0.2", struct.pack("!BBHHH", 0, 0, 0, 8, 3)), None),
        (error(11, 0, "10.0.0.9", 8, 4), None),
        (ip("10.0.0.2", b"\x00"), None),
        (ip("10.0.0.2", struct.pack("!BBHHH", 3, 1, 0, 0, 0)), None),
    ],
)
def test_answers_are_told_apart(packet, expected):
    assert prober.understand(packet, 7) == expected


def raw_sockets() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    except PermissionError:
        return False
    return True


@pytest.mark.skipif(not raw_sockets(), reason="raw sockets need root")
def test_on_the_loopback():
    probes = [
        [0, "127.0.0.1", "127.0.0.2", 1, 84, False],
        [1, "127.0.0.1", "127.0.0.1", 1, 9000, False],
        [2, "192.0.2.1", "127.0.0.1", 64, 84, False],
        [3, "127.0.0.1", "127.0.0.3", 1, 84, True],
    ]
    answers = prober.probe_all(probes, time.monotonic() + 5)
    assert answers[3]["got"] == "reply"
    assert answers[0] == {"got": "reply", "from": "127.0.0.2", "ttl": 64}
    assert answers[1]["got"] == "reply"
    assert answers[2] == {"got": "no-address"}


@pytest.mark.skipif(not raw_sockets(), reason="raw sockets need root")
def test_what_is_open_at_the_deadline_is_left_out_and_not_called_silence():
    probes = [[0, "127.0.0.1", "127.0.0.2", 1, 84, False]]
    assert prober.probe_all(probes, time.monotonic() - 1) == {}
