"""Tables of packet filters as the kernel tells of them."""

from __future__ import annotations

import struct

from rackwright.lab import fence, filters


def test_messages_are_taken_apart() -> None:
    one = struct.pack("=IHHII", 19, 0xA00, 0, 1, 0) + b"abc" + b"\0"
    done = struct.pack("=IHHII", 20, 3, 0, 1, 0) + bytes(4)
    assert list(filters.parsed(one + done)) == [(0xA00, b"abc"), (3, bytes(4))]


def test_a_table_is_named_after_other_attributes() -> None:
    name = b"kube-proxy\0"
    attributes = struct.pack("=HHI", 8, 2, 0) + struct.pack("=HH", 4 + len(name), 1) + name
    assert filters.table_of(bytes([10, 0, 0, 0]) + attributes) == (10, "kube-proxy")


def test_the_fence_stays() -> None:
    assert fence.TABLE == filters.FENCE
