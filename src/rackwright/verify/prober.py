"""A small ICMP prober: echo requests with a chosen source, TTL and size, don't-fragment always set, many at
once.

This file is shipped to the machine and runs there on the system's Python: standard library only, no imports
of ours.

A probe is ``[id, source, destination, ttl, size]`` (size: bytes of the whole IP packet). An answer is
``{"got": ..., "from": address, "ttl": of the reply, "mtu": where told}``; ``got`` is one of ``reply``,
``ttl-exceeded``, ``prohibited``, ``unreachable``, ``too-big`` (a router said so), ``too-big-here`` (the own
port refused it), ``no-route``, ``no-address``, ``silence``.

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
    _, _, destination, ttl, size = probe
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


def probe_all(
    probes: list[list[Any]], deadline: float, wait: float = 0.7, attempts: int = 3
) -> dict[int, dict[str, Any]]:
    """Answers by probe id. ``deadline`` (time.monotonic) ends the work: what is then open is left out, not
    called silent."""
    identifier = (os.getpid() ^ int(time.time())) & 0xFFFF
    answers: dict[int, dict[str, Any]] = {}
    opened: dict[str, Any] = {}
    numbered: dict[int, list[Any]] = {}
    for number, probe in enumerate(probes):
        source = probe[1]
        if source not in opened:
            opened[source] = open_source(source)
        if opened[source] is None:
            answers[probe[0]] = {"got": "no-address"}
        else:
            numbered[number & 0xFFFF] = probe
    sockets = {source: sock for source, sock in opened.items() if sock is not None}

    def note(source: str, packet: bytes) -> None:
        understood = understand(packet, identifier)
        probe = numbered.get(understood[0]) if understood else None
        if understood and probe is not None and probe[1] == source:
            answers.setdefault(probe[0], understood[1])

    for attempt in range(attempts):
        open_now = [(n, p) for n, p in numbered.items() if p[0] not in answers]
        if not open_now or time.monotonic() > deadline:
            break
        for at in range(0, len(open_now), BATCH):
            for number, probe in open_now[at : at + BATCH]:
                refused = send(sockets[probe[1]], probe, identifier, number)
                if refused is not None:
                    answers[probe[0]] = refused
            receive(sockets, 0.01, note)
        until = min(deadline, time.monotonic() + wait * (attempt + 1))
        while time.monotonic() < until and any(p[0] not in answers for _, p in open_now):
            receive(sockets, max(0.0, min(0.1, until - time.monotonic())), note)
        else:
            if attempt == attempts - 1 and time.monotonic() <= deadline:
                for _, probe in open_now:
                    answers.setdefault(probe[0], {"got": "silence"})
    for sock in sockets.values():
        sock.close()
    return answers
