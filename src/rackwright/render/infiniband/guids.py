"""GUIDs: lists of them with what is not known marked, and the simulation's stand-ins.

A GUID is burnt into the hardware: nobody can plan it. A file that lacks one has a comment in its place, never
a made-up number, and options that need a complete list stay off until it is complete.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from rackwright.render.infiniband.subnets import Subnet

NOT_KNOWN = "# GUID not known: "
"""Begins a comment that stands for an entry; the node's name follows."""
WAITS = "# waits for GUIDs: "
"""Begins a comment that stands for an option of opensm.conf; the option follows."""
_ADAPTER, _SWITCH = 0x025E << 48, 0x025F << 48
"""Locally administered EUI-64 prefixes: no vendor's."""


def entry(name: str, guid: str | None) -> str:
    """One line of a GUID file."""
    return f"{NOT_KNOWN}{name}" if guid is None else f"{guid} # {name}"


def guid_file(title: str, names: Iterable[str], subnet: Subnet) -> str:
    """One GUID a line, in the order given."""
    return "".join([f"# {title}\n", *(f"{entry(name, subnet.guids.get(name))}\n" for name in names)])


def complete(names: Sequence[str], subnet: Subnet) -> bool:
    """Whether every GUID is known, and there is at least one."""
    return bool(names) and all(name in subnet.guids for name in names)


def simulated(name: str, switch: bool) -> int:
    """A stand-in by name, for simulations only: odd for an adapter's port, even for a switch.

    >>> f"{simulated('gpu-su01-n01 mlx5_0', False):#018x}"[:6], simulated("backend-spine-01", True) % 2
    ('0x025e', 0)
    """
    digest = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest(), "big")
    return (_SWITCH | digest & ~1) if switch else (_ADAPTER | digest | 1)


def missing(subnet: Subnet) -> str:
    """What assets.yaml should say, as JSON: ``missing`` by device, with the key that each GUID goes under."""
    rows: dict[str, list[str]] = {}
    for switch in subnet.switches:
        if switch.name not in subnet.guids:
            rows[switch.name] = ["switch"]
    for adapter in subnet.adapters:
        if adapter.guid is None:
            rows.setdefault(adapter.device, []).append(adapter.rdma)
    total = len(subnet.switches) + len(subnet.adapters)
    count = sum(len(keys) for keys in rows.values())
    found = {"subnet": subnet.name, "known": total - count, "not_known": count, "missing": rows}
    return json.dumps(found, indent=1) + "\n"
