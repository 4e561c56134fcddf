"""Partition key tables of many ports in one process: ``python -m rackwright.validate.subnet.keys LID ...``.

The same question that ``smpquery pkeys`` asks, through the same library; a process for each port would take
fifteen times as long. Runs with ibsim's library preloaded; prints a JSON object of keys by LID.
"""

from __future__ import annotations

import ctypes
import json
import struct
import sys

LIBRARY = "libibmad.so.5"
_SMI, _SMI_DIRECT = 0x01, 0x81
_PKEY_TABLE = 0x16
"""Attribute (IBTA 14.2.5.7): blocks of 32 keys."""
_BLOCK = 32
_ADDRESS = 256
"""More than the 112 bytes of ib_portid_t."""
_TIMEOUT_MS = 2000


def read(lids: list[int]) -> dict[int, list[int]]:
    """First block of each port's table.

    :raises OSError: no library, no port to ask from, or no answer.
    """
    mad = ctypes.CDLL(LIBRARY)
    mad.mad_rpc_open_port.restype = ctypes.c_void_p
    mad.smp_query_via.restype = ctypes.c_void_p
    classes = (ctypes.c_int * 2)(_SMI, _SMI_DIRECT)
    port = mad.mad_rpc_open_port(None, 0, classes, 2)
    if not port:
        raise OSError("no InfiniBand port to ask from")
    found = {}
    for lid in lids:
        address, answer = ctypes.create_string_buffer(_ADDRESS), ctypes.create_string_buffer(256)
        struct.pack_into("i", address, 0, lid)  # ib_portid_t begins with the LID; all else is for others
        said = mad.smp_query_via(answer, address, _PKEY_TABLE, 0, _TIMEOUT_MS, ctypes.c_void_p(port))
        if not said:
            raise OSError(f"LID {lid} does not answer")
        found[lid] = list(struct.unpack(f">{_BLOCK}H", answer.raw[: 2 * _BLOCK]))
    return found


def main() -> int:
    """LIDs come as arguments, or one a line on standard input."""
    lids = [int(word) for word in sys.argv[1:] or sys.stdin.read().split()]
    try:
        found = read(lids)
    except OSError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
