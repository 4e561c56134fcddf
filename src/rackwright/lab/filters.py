"""Packet filters of a namespace, by table, asked of the kernel itself.

Not by nft: Debian 12's (1.0.6) dies of a segmentation fault on the tables of a newer one, as kube-proxy has.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

from rackwright.errors import WorldRefused
from rackwright.lab import netns

FENCE = "rackwright_fence"
"""The lab's own table: it stands around a machine, whether or not that has power."""
_NETFILTER, _SUBSYSTEM = 12, 10
_BEGIN, _END = 0x10, 0x11
_NEW, _GET, _DELETE = (_SUBSYSTEM << 8 | kind for kind in (0, 1, 2))
_ERROR, _DONE = 2, 3
_REQUEST, _ACKNOWLEDGE, _DUMP = 1, 4, 0x300
_NAME = 1
"""linux/netlink.h, linux/netfilter/nfnetlink.h and nf_tables.h."""


def reset(name: str) -> None:
    """Take away the filters that a machine has set in its namespace.

    :raises WorldRefused: the kernel does not do it.
    """

    def work() -> None:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER) as kernel:
            kernel.settimeout(10)
            kernel.bind((0, 0))
            for family, table in _tables(kernel):
                if table != FENCE:
                    _delete(kernel, family, table)

    try:
        netns.inside(name, work)
    except OSError as problem:
        raise WorldRefused(name, "reset packet filters", str(problem)) from problem


def _message(kind: int, flags: int, family: int, resource: int = 0, body: bytes = b"") -> bytes:
    data = struct.pack("=BB", family, 0) + struct.pack(">H", resource) + body
    return struct.pack("=IHHII", 16 + len(data), kind, flags, 1, 0) + data


def parsed(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each message."""
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        yield kind, data[16:length]
        data = data[(length + 3) & ~3 :]


def table_of(content: bytes) -> tuple[int, str]:
    """Family and name in a message about a table.

    >>> table_of(bytes([2, 0, 0, 0]) + b"\\x07\\x00\\x01\\x00ab\\x00\\x00")
    (2, 'ab')
    """
    family, attributes = content[0], content[4:]
    while len(attributes) >= 4:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind == _NAME:
            return family, attributes[4:length].rstrip(b"\0").decode()
        attributes = attributes[(length + 3) & ~3 :]
    return family, ""


def _tables(kernel: socket.socket) -> list[tuple[int, str]]:
    kernel.send(_message(_GET, _REQUEST | _DUMP, 0))
    found: list[tuple[int, str]] = []
    while True:
        for kind, content in parsed(kernel.recv(1 << 16)):
            if kind in (_DONE, _ERROR):
                return found
            if kind == _NEW:
                found.append(table_of(content))


def _delete(kernel: socket.socket, family: int, name: str) -> None:
    text = name.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(text), _NAME) + text + b"\0" * (-len(text) % 4)
    batch = _message(_BEGIN, _REQUEST, 0, _SUBSYSTEM)
    batch += _message(_DELETE, _REQUEST | _ACKNOWLEDGE, family, 0, attribute)
    kernel.send(batch + _message(_END, _REQUEST, 0, _SUBSYSTEM))
    for kind, content in parsed(kernel.recv(1 << 16)):
        code = -struct.unpack_from("=i", content)[0] if kind == _ERROR else 0
        if code:
            raise OSError(code, f"table {name}: {os.strerror(code)}")
