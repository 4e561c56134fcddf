"""A small ICMP prober: echo requests with a chosen source, TTL and size, don't-fragment always set, many at
once.

This file is shipped to the machine and runs there on the system's Python: standard library only, no imports
of ours.

A probe is ``[id, source, destination, ttl, size, refused]`` (size: bytes of the whole IP packet; refused: a
router shall refuse it). An answer is ``{"got": ..., "from": address, "ttl": of the reply, "mtu": where
told}``; ``got`` is one of ``reply``, ``ttl-exceeded``, ``prohibited``, ``unreachable``, ``too-big`` (a
router said so), ``too-big-here`` (the own port refused it), ``no-route``, ``no-address``, ``silence``.

Kernel behaviour that this leans on: IP_PMTUDISC_PROBE sets DF and ignores the path-MTU cache (ip(7)); ICMP
errors carry the first eight bytes of what they answer (RFC 792), which hold our identifier and sequence
number; routers limit errors to a burst of about six a peer and one a second (icmp_ratelimit,
Documentation/networking/ip-sysctl), hence the pause between attempts.
"""

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

IP_MTU_DISCOVER, IP_PMTUDISC_PROBE = 10, 3
HEADERS = 28  # IPv4 header without options, and the ICMP header
BATCH = 64  # probes sent before answers are read
REFILL = 2.2  # seconds in which a router regains what one refusal costs it


def checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return int(~(total + (total >> 16)) & 0xFFFF)


def request(identifier: int, sequence: int, size: int) -> bytes:
    """An echo request whose IP packet has exactly ``size`` bytes."""
    body = b"\0" * max(0, size - HEADERS)
    head = struct.pack("!BBHHH", 8, 0, 0, identifier, sequence)
    return struct.pack("!BBHHH", 8, 0, checksum(head + body), identifier, sequence) + body


def understand(packet: bytes, identifier: int) -> "tuple[int, dict[str, Any]] | None":
    """(sequence, answer) of an ICMP packet that belongs to us, or None."""
    start = (packet[0] & 15) * 4
    ttl, sender = packet[8], socket.inet_ntoa(packet[12:16])
    if len(packet) < start + 8:
        return None
    kind, code, _, ident, seq = struct.unpack("!BBHHH", packet[start : start + 8])
    if kind == 0:
        return (seq, {"got": "reply", "from": sender, "ttl": ttl}) if ident == identifier else None
    if kind not in (3, 11):
        return None
    inner = packet[start + 8 :]
    at = (inner[0] & 15) * 4 if inner else 0
    if len(inner) < at + 8 or inner[at] != 8:
        return None
    ident, original = struct.unpack("!HH", inner[at + 4 : at + 8])
    if ident != identifier:
        return None
    answer: dict[str, Any] = {"got": "ttl-exceeded", "from": sender}
    if kind == 3:
        answer["got"] = "too-big" if code == 4 else "prohibited" if code in (9, 10, 13) else "unreachable"
        if code == 4:
            answer["mtu"] = seq
    return original, answer


def send(sock: socket.socket, probe: list[Any], identifier: int, sequence: int) -> "dict[str, Any] | None":
    """Send one probe; the answer where the own kernel already refuses it, else None."""
    _, _, destination, ttl, size, _ = probe
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    try:
        sock.sendto(request(identifier, sequence, size), (destination, 0))
    except OSError as error:
        if error.errno == errno.EMSGSIZE:
            return {"got": "too-big-here"}
        if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN):
            return {"got": "no-route"}
        if error.errno in (errno.EACCES, errno.EPERM):
            return {"got": "prohibited", "from": "this host"}
        if error.errno in (errno.ENOBUFS, errno.EAGAIN):
            return None  # counts as lost; it is sent again
        raise
    return None


def open_source(address: str) -> "socket.socket | None":
    """A raw socket bound to one of our addresses; None where we do not have it."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    try:
        sock.bind((address, 0))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            return None
        raise
    sock.setblocking(False)
    return sock


def receive(sockets: dict[str, socket.socket], wait: float, note: Callable[[str, bytes], None]) -> bool:
    """Read what has come within ``wait`` seconds; ``note(source, packet)`` for each."""
    ready, _, _ = select.select(list(sockets.values()), [], [], wait)
    names = {sock: source for source, sock in sockets.items()}
    for sock in ready:
        while True:
            try:
                packet = sock.recv(65535)
            except BlockingIOError:
                break
            note(names[sock], packet)
    return bool(ready)


class Sending:
    """Probes under way: what is open, how often it was sent, what was answered."""

    def __init__(self, probes: list[list[Any]]) -> None:
        self.identifier = (os.getpid() ^ int(time.time())) & 0xFFFF
        self.answers: dict[int, dict[str, Any]] = {}
        self.sockets: dict[str, socket.socket] = {}
        self.numbered: dict[int, list[Any]] = {}
        self.tries: dict[int, int] = {}
        opened: dict[str, Any] = {}
        for number, probe in enumerate(probes):
            source = probe[1]
            if source not in opened:
                opened[source] = open_source(source)
            if opened[source] is None:
                self.answers[probe[0]] = {"got": "no-address"}
            else:
                self.numbered[number & 0xFFFF] = probe
        self.sockets = {source: sock for source, sock in opened.items() if sock is not None}

    def open_now(self, refused: bool, tries: int) -> list[int]:
        """Numbers of probes of a kind that have no answer and were sent fewer than ``tries`` times."""
        return [
            number
            for number, probe in self.numbered.items()
            if bool(probe[5]) is refused
            and probe[0] not in self.answers
            and self.tries.get(number, 0) < tries
        ]

    def send(self, number: int) -> None:
        probe = self.numbered[number]
        self.tries[number] = self.tries.get(number, 0) + 1
        here = send(self.sockets[probe[1]], probe, self.identifier, number)
        if here is not None:
            self.answers[probe[0]] = here

    def hear(self, wait: float) -> None:
        """Take what comes within ``wait`` seconds."""

        def note(source: str, packet: bytes) -> None:
            understood = understand(packet, self.identifier)
            probe = self.numbered.get(understood[0]) if understood else None
            if understood and probe is not None and probe[1] == source:
                self.answers.setdefault(probe[0], understood[1])

        receive(self.sockets, wait, note)

    def hear_until(self, until: float, refused: bool) -> None:
        """Listen until a time, or until everything of a kind that was sent is answered."""
        while time.monotonic() < until and any(
            bool(self.numbered[number][5]) is refused and self.numbered[number][0] not in self.answers
            for number in self.tries
        ):
            self.hear(max(0.0, min(0.1, until - time.monotonic())))


def probe_all(probes: list[list[Any]], deadline: float) -> dict[int, dict[str, Any]]:
    """Answers by probe id. ``deadline`` (time.monotonic) ends the work: what is then open is left out, not
    called silent.

    Ordinary probes go out together, up to three times. Those that shall be refused go one at a time for
    each source, twice at most: a router takes two tokens of five for each refusal (ip_error and
    icmp_ratelimit draw on the same bucket, net/ipv4/route.c and icmp.c) and gets one back a second; a
    second request too soon starves both.
    """
    work = Sending(probes)
    for attempt in range(3):
        if time.monotonic() > deadline:
            break
        for at, number in enumerate(work.open_now(False, attempt + 1)):
            work.send(number)
            if at % BATCH == BATCH - 1:
                work.hear(0.01)
        work.hear_until(min(deadline, time.monotonic() + 0.7 * (attempt + 1)), False)
    while time.monotonic() < deadline:
        waiting: dict[str, int] = {}
        # The ones that were sent least come first.
        for number in sorted(work.open_now(True, 2), key=lambda one: work.tries.get(one, 0)):
            waiting.setdefault(work.numbered[number][1], number)
        if not waiting:
            break
        for number in waiting.values():
            work.send(number)
        until = min(deadline, time.monotonic() + REFILL)
        last = not work.open_now(True, 2)
        while time.monotonic() < until:
            work.hear(max(0.0, min(0.1, until - time.monotonic())))
            if last and not [n for n in waiting.values() if work.numbered[n][0] not in work.answers]:
                break
    if time.monotonic() < deadline:
        for number, probe in work.numbered.items():
            if work.tries.get(number):
                work.answers.setdefault(probe[0], {"got": "silence"})
    for sock in work.sockets.values():
        sock.close()
    return work.answers
