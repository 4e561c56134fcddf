"""Mistakes: what cannot work in a contract, whoever wrote it, by the key that says it."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.qos import LOSSY, RoceContract
from rackwright.models.spec import Nos

_POOL_PERCENT, _ALPHA_PERCENT = 50, 50
"""The lossless pool is half of a switch's buffer (Cumulus: 50 % each by default), and with a dynamic
threshold of 1 one busy queue gets half of the pool."""
RESERVED: dict[Nos, int] = {"eos": 7}
"""Traffic class that a switch OS keeps for itself (EOS: control traffic)."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """``key`` is the RoceSettings key to blame."""

    key: str
    found: str
    expected: str
    hint: str = ""


def queue_bytes(buffer_bytes: int) -> int:
    """What one lossless queue can hold before its switch pauses the sender.

    >>> queue_bytes(64_000_000)
    16000000
    """
    return buffer_bytes * _POOL_PERCENT * _ALPHA_PERCENT // 10_000


def mistakes(contract: RoceContract, nos: Nos, buffer_bytes: int | None) -> list[Mistake]:
    """Everything that contradicts itself or the fabric's switches; ``buffer_bytes`` None: not known."""
    c = contract
    found = []
    for key, number in (("priority", c.priority), ("cnp_priority", c.cnp_priority)):
        if number == LOSSY:
            hint = f"{LOSSY} is the class of all other traffic"
            found.append(Mistake(key, str(number), "1 to 7", hint))
        if number == RESERVED.get(nos):
            found.append(Mistake(key, str(number), "1 to 6", f"{nos} keeps traffic class {number} to itself"))
    if c.priority == c.cnp_priority:
        hint = "a CNP that waits behind the data it should slow down comes too late"
        found.append(Mistake("cnp_priority", str(c.cnp_priority), "another priority than the data's", hint))
    if c.dscp == c.cnp_dscp:
        found.append(Mistake("cnp_dscp", str(c.cnp_dscp), "another DSCP than the data's"))
    if c.dscp == 0:
        hint = "0 is what everything unmarked has, and it would ride on the lossless class"
        found.append(Mistake("dscp", "0", "1 to 63", hint))
    if c.ecn_min_bytes >= c.ecn_max_bytes:
        found.append(Mistake("ecn_min_bytes", str(c.ecn_min_bytes), f"less than {c.ecn_max_bytes}"))
    if buffer_bytes is not None and c.ecn_max_bytes > queue_bytes(buffer_bytes):
        hint = f"the switch has {buffer_bytes} bytes, and a queue pauses its senders before it is marked"
        found.append(
            Mistake("ecn_max_bytes", str(c.ecn_max_bytes), f"at most {queue_bytes(buffer_bytes)}", hint)
        )
    return found
