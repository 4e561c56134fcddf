"""Ports: what a switch's operating system calls cage 7, second half."""

from __future__ import annotations

from rackwright.models.spec import Nos

_LANES = 8
"""Serdes lanes in a cage, as SONiC counts its ports."""


def port_name(nos: Nos, cage: int, split: int = 1, part: int = 0) -> str:
    """``cage`` from 1, ``part`` from 0.

    >>> port_name("frr", 7), port_name("frr", 7, 2, 1), port_name("sonic", 7, 2, 1), port_name("eos", 7, 2, 1)
    ('swp7', 'swp7s1', 'Ethernet52', 'Ethernet7/2')
    """
    if nos in ("frr", "cumulus"):
        return f"swp{cage}" if split == 1 else f"swp{cage}s{part}"
    if nos == "sonic":
        return f"Ethernet{(cage - 1) * _LANES + part * (_LANES // split)}"
    if nos == "eos":
        return f"Ethernet{cage}/{part + 1}"
    return f"{cage}/{part + 1}" if split > 1 else f"{cage}"


def numbered(nos: Nos, first_cage: int, index: int, split: int) -> str:
    """Name of port ``index`` (from 0) in a row of equally split cages that begins at ``first_cage``."""
    return port_name(nos, first_cage + index // split, split, index % split)
