"""What a NIC's own tools say of a port, read into the same words as the script that sets it.

``mlnx_qos`` prints a table, ``dcb`` JSON; marks and congestion control lie in files. A value that cannot be
had stays away: a picture is never filled up with what was wished for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rackwright.qos.walk.picture import STRICT

_TOS = re.compile(r"(?:Global tclass=)?(\d+)$")
_DSCPS = re.compile(r"^\s*prio:(\d) dscp:([\d,]*)$", re.MULTILINE)
_CLASS = re.compile(r"^tc: (\d) ratelimit: [^,]+, tsa: (?:(strict|vendor)|ets, bw: (\d+)%)$")
_CODES = {f"AF{c}{p}": 8 * c + 2 * p for c in range(1, 5) for p in range(1, 4)}
_CODES |= {f"CS{c}": 8 * c for c in range(8)} | {"EF": 46}


@dataclass(slots=True)
class Said:
    """A port's settings as read back; None: not to be had."""

    trust: str | None = None
    priorities: dict[int, int] = field(default_factory=dict)
    """By DSCP; one that is not here has the driver's default."""
    classes: tuple[int, ...] | None = None
    pfc: frozenset[int] | None = None
    shares: dict[int, int] | None = None
    """By class: percent, or STRICT; classes without a share are not here."""
    cable_m: int | None = None
    headroom: int | None = None
    tos: int | None = None
    cm_tos: int | None = None
    cm_mode: str | None = None
    cnp_dscp: int | None = None
    cnp_priority: int | None = None
    np: bool | None = None
    rp: bool | None = None
    pause: bool | None = None


def read(sections: Mapping[str, str]) -> Said:
    """One port's answers by name: ``mlnx_qos``, ``pfc``, ``ets``, ``app``, ``buffer``, files, ``pause``."""
    said = Said()
    if "mlnx_qos" in sections:
        _table(said, sections["mlnx_qos"])
    for name, take in (("pfc", _pfc), ("ets", _ets), ("app", _app), ("buffer", _buffer)):
        data = _json(sections.get(name, ""))
        if data is not None:
            take(said, data)
    for name in ("tos", "cm_tos", "cnp_dscp", "cnp_priority"):
        if match := _TOS.fullmatch(sections.get(name, "").strip()):
            setattr(said, name, int(match[1]))
    for name in ("np", "rp"):
        if (text := sections.get(name, "").strip()) in ("0", "1"):
            setattr(said, name, text == "1")
    mode = sections.get("cm_mode", "").strip()
    said.cm_mode = mode if mode in ("RoCE v2", "IB/RoCE v1") else None
    said.pause = _pause(sections.get("pause", ""))
    return said


def _table(said: Said, text: str) -> None:
    """mlnx_qos's own layout: https://github.com/Mellanox/mlnx-tools (python/mlnx_qos)."""
    if match := re.search(r"^Priority trust state: (\w+)$", text, re.MULTILINE):
        said.trust = match[1]
    for priority, dscps in _DSCPS.findall(text):
        said.priorities |= {int(dscp): int(priority) for dscp in dscps.split(",") if dscp}
    if match := re.search(r"^\s*enabled((?:\s+[01]){8})\s*$", text, re.MULTILINE):
        said.pfc = frozenset(number for number, on in enumerate(match[1].split()) if on == "1")
    if match := re.search(r"^Cable len: (\d+)$", text, re.MULTILINE):
        said.cable_m = int(match[1])
    classes: dict[int, int] = {}
    shares: dict[int, int] = {}
    at = None
    for line in text.splitlines():
        if match := _CLASS.match(line.strip()):
            at = int(match[1])
            share = STRICT if match[2] == "strict" else int(match[3] or 0)
            shares |= {at: share} if share else {}
        elif at is not None and (match := re.match(r"^\s*priority:\s+(\d)$", line)):
            classes[int(match[1])] = at
    if len(classes) == 8:
        said.classes, said.shares = tuple(classes[number] for number in range(8)), shares


def _json(text: str) -> Any:  # noqa: ANN401 - whatever dcb prints
    try:
        return json.loads(text)
    except ValueError:
        return None


def _pfc(said: Said, data: Any) -> None:  # noqa: ANN401
    on = data.get("prio_pfc")
    if isinstance(on, list) and len(on) == 8:
        said.pfc = frozenset(number for number, each in enumerate(on) if each in (True, "on"))


def _ets(said: Said, data: Any) -> None:  # noqa: ANN401
    classes, kinds, shares = (data.get(key) for key in ("prio_tc", "tc_tsa", "tc_bw"))
    if not all(isinstance(each, list) and len(each) == 8 for each in (classes, kinds, shares)):
        return
    said.classes = tuple(classes)
    pairs = enumerate(zip(kinds, shares, strict=True))
    said.shares = {
        n: STRICT if kind == "strict" else share for n, (kind, share) in pairs if kind == "strict" or share
    }


def _app(said: Said, data: Any) -> None:  # noqa: ANN401
    """With an entry for DSCP the driver trusts DSCP, without one PCP."""
    rows = data.get("dscp_prio", [])
    said.trust = "dscp" if rows else "pcp"
    said.priorities = {
        _CODES.get(str(dscp), -1) if not str(dscp).isdigit() else int(dscp): to for dscp, to in rows
    }


def _buffer(said: Said, data: Any) -> None:  # noqa: ANN401
    sizes = data.get("buffer_size")
    if isinstance(sizes, list) and len(sizes) == 8:
        said.headroom = max(sizes[1:])


def _pause(text: str) -> bool | None:
    """Whether plain pause frames are on; a driver that does not know them has none."""
    states = re.findall(r"^(?:RX|TX):\s+(on|off)$", text, re.MULTILINE)
    if states:
        return "on" in states
    return False if "not supported" in text.lower() else None
