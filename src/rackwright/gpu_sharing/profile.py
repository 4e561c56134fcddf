"""Profiles: how the GPUs of a group of servers are handed out, as one word of the cluster file.

::

    whole                       a GPU for one claim
    mig:all-1g.10gb             NVIDIA: fixed partitions, all of one profile
    mig:all-balanced            the layout of that name of mig-parted
    mig:3g.40gb,2g.20gb,1g.10gb,1g.10gb    these partitions of each GPU
    mig:dynamic                 partitions are made when a claim is prepared
    mps, mps:50                 CUDA's Multi-Process Service; percent of the processors for each client
    time-slicing, time-slicing:long        turns of a GPU: default, short, medium, long
    partition:cpx-nps4          AMD: compute and memory mode of each GPU
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["whole", "mig", "mig-dynamic", "mps", "time-slicing", "partition"]
Interval = Literal["Default", "Short", "Medium", "Long"]
WORDS = "whole, mig:<layout>, mig:dynamic, mps[:<percent>], time-slicing[:<interval>] or partition:<modes>"
_INTERVALS: dict[str, Interval] = {"default": "Default", "short": "Short", "medium": "Medium", "long": "Long"}
_MIG = re.compile(r"[1-7]g\.[0-9]{1,3}gb(\+me)?")


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile. Only the field of its own kind says something."""

    kind: Kind
    layout: tuple[str, ...] = ()
    """MIG: profiles of one GPU, or the name of a layout (``all-1g.10gb``) alone."""
    percent: int | None = None
    """MPS: share of a GPU's processors for each client; None: no limit."""
    interval: Interval = "Default"
    """Time slicing: how long a turn is."""
    modes: str = ""
    """AMD: ``<compute>-<memory>``."""


WHOLE = Profile("whole")


def parse(text: str) -> Profile | None:
    """The profile that a word names; None for a word that names none.

    >>> parse("mps:50")
    Profile(kind='mps', layout=(), percent=50, interval='Default', modes='')
    >>> parse("mig:3g.40gb,1g.10gb").layout, parse("mig:dynamic").kind, parse("half")
    (('3g.40gb', '1g.10gb'), 'mig-dynamic', None)
    """
    kind, colon, rest = text.partition(":")
    if colon and not rest:
        return None
    if kind == "whole":
        return None if colon else WHOLE
    if kind == "mig":
        return _mig(rest)
    if kind == "mps":
        if not colon:
            return Profile("mps")
        return Profile("mps", percent=int(rest)) if re.fullmatch(r"[1-9][0-9]?|100", rest) else None
    if kind == "time-slicing":
        interval = _INTERVALS.get(rest or "default")
        return Profile("time-slicing", interval=interval) if interval else None
    if kind == "partition":
        return Profile("partition", modes=rest) if re.fullmatch(r"[a-z]+-nps[0-9]", rest) else None
    return None


def _mig(rest: str) -> Profile | None:
    if rest == "dynamic":
        return Profile("mig-dynamic")
    if rest == "all-balanced" or (rest.startswith("all-") and _MIG.fullmatch(rest.removeprefix("all-"))):
        return Profile("mig", layout=(rest,))
    parts = tuple(rest.split(","))
    return Profile("mig", layout=parts) if all(_MIG.fullmatch(part) for part in parts) else None
