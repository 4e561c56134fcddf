"""dcb: what iproute2's command does on a NIC that speaks DCB; a veth has none of it, so the lab diverts it.

Objects app, buffer, dcbx, ets and pfc, verbs set, add, replace, del, flush and show, options -j, -N and -p.
Layouts follow dcb(8) of iproute2, which answers itself for a port that is not in the record.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from . import nics, qos

REAL = "/usr/sbin/dcb.distrib"
"""iproute2's own, for every other port."""
NAMES = {0: "CS0", 8: "CS1", 16: "CS2", 24: "CS3", 32: "CS4", 40: "CS5", 46: "EF", 48: "CS6", 56: "CS7"}
NAMES |= {10 + 8 * c + 2 * p: f"AF{c + 1}{p + 1}" for c in range(4) for p in range(3)}
"""/etc/iproute2/rt_dsfield, by DSCP."""
Pairs = list[tuple[str, str]]


class Refused(Exception):
    """The line that dcb prints before it ends with 1."""


def main(arguments: list[str]) -> int:
    flags = [word for word in arguments if word.startswith("-")]
    words = [word for word in arguments if not word.startswith("-")]
    if "-V" in flags or not words or words[-1] == "help":
        os.execv(REAL, [REAL, *arguments])  # noqa: S606 - the diverted program itself
    try:
        name, verb, interface, rest = _split(words)
        nic = qos.port(interface)
        if nic is None:
            os.execv(REAL, [REAL, *arguments])  # noqa: S606 - the diverted program itself
        state = qos.load(nic)
        if verb == "show":
            print(_show(name, state, rest, set("".join(flags)) & set("jNp")))
            return 0
        _change(name, verb, state, nic, dict(_maps(rest)))
        qos.save(nic, state)
    except Refused as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _split(words: list[str]) -> tuple[str, str, str, list[str]]:
    """Object, verb, device and the rest."""
    if len(words) < 2 or words[0] not in ("app", "buffer", "dcbx", "ets", "pfc"):
        raise Refused(f'Object "{words[0] if words else ""}" is unknown, try "dcb help".')
    name, verb, rest = words[0], words[1], words[2:]
    if "dev" not in rest[:-1]:
        raise Refused("Need a device to work with")
    at = rest.index("dev")
    return name, verb, rest[at + 1], rest[:at] + rest[at + 2 :]


def _maps(words: list[str]) -> Iterator[tuple[str, Pairs]]:
    """``prio-pfc all:off 3:on`` as a name with its pairs; a word alone has none."""
    name, pairs = "", list[tuple[str, str]]()
    for word in words:
        left, colon, right = word.partition(":")
        if colon and name:
            pairs.append((left, right))
            continue
        if name:
            yield name, pairs
        name, pairs = word, []
    if name:
        yield name, pairs


def _fill(values: list[Any], pairs: Pairs, to: Any, what: str) -> list[Any]:  # noqa: ANN401 - a parser of words
    """A map of eight with some entries set; ``all`` is every one."""
    made = list(values)
    for key, text in pairs:
        if key != "all" and not (key.isdigit() and int(key) < 8):
            raise Refused(f'Invalid key "{key}" in {what}')
        try:
            value = to(text)
        except (KeyError, ValueError) as problem:
            raise Refused(f'Invalid value "{text}" in {what}') from problem
        for number in range(8) if key == "all" else (int(key),):
            made[number] = value
    return made


def _small(text: str) -> int:
    """A priority, class or buffer."""
    number = int(text)
    if not 0 <= number < 8:
        raise ValueError(text)
    return number


def _change(name: str, verb: str, state: qos.Qos, nic: dict[str, Any], maps: dict[str, Pairs]) -> None:
    if name == "app":
        _app(verb, state, maps)
        return
    if verb != "set":
        raise Refused(f'What is "{verb}"?')
    if name == "dcbx":
        if wrong := maps.keys() - {"host", "ieee", "cee", "lld-managed", "static"}:
            raise Refused(f'What is "{sorted(wrong)[0]}"?')
        state.host = "host" in maps
    elif name == "pfc":
        was = [number in state.pfc for number in range(8)]
        now = _fill(was, maps.get("prio-pfc", []), {"on": True, "off": False}.__getitem__, "prio-pfc")
        state.set_pfc([number for number, on in enumerate(now) if on], nics.speed(nic), nics.link_mtu(nic))
    elif name == "ets":
        _ets(state, maps)
    else:
        state.buffers = _fill(state.buffers, maps.get("prio-buffer", []), _small, "prio-buffer")
        state.sizes = _fill(state.sizes, maps.get("buffer-size", []), int, "buffer-size")


def _ets(state: qos.Qos, maps: dict[str, Pairs]) -> None:
    kinds = {"strict": "strict", "ets": "ets", "cbs": "cbs"}
    new_kinds = _fill(state.kinds, maps.get("tc-tsa", []), kinds.__getitem__, "tc-tsa")
    new_shares = _fill(state.shares, maps.get("tc-bw", []), int, "tc-bw")
    if "ets" in new_kinds and sum(s for s, k in zip(new_shares, new_kinds, strict=True) if k == "ets") != 100:
        # mlx5: mlx5e_dcbnl_validate_ets()
        raise Refused("Attribute write: Invalid argument")
    state.classes = _fill(state.classes, maps.get("prio-tc", []), _small, "prio-tc")
    state.kinds, state.shares = new_kinds, new_shares


def _app(verb: str, state: qos.Qos, maps: dict[str, Pairs]) -> None:
    if verb == "flush":
        state.dscps = {}
        return
    if verb not in ("add", "replace", "del"):
        raise Refused(f'What is "{verb}"?')
    for key, text in maps.get("dscp-prio", []):
        try:
            dscp, priority = int(key), _small(text)
        except ValueError as problem:
            raise Refused(f'Invalid value "{key}:{text}" in dscp-prio') from problem
        was = state.dscps.get(dscp, [])
        if verb == "replace":
            state.dscps[dscp] = [priority]
        elif verb == "add":
            state.dscps[dscp] = sorted({*was, priority})
        elif left := [number for number in was if number != priority]:
            state.dscps[dscp] = left
        else:
            state.dscps.pop(dscp, None)


def _show(name: str, state: qos.Qos, wanted: list[str], flags: set[str]) -> str:
    """The tables asked for, or all of an object: as text or as JSON."""
    tables = _tables(name, state, "N" in flags)
    chosen = {key: value for key, value in tables.items() if not wanted or key in wanted}
    if "j" in flags:
        data = {key.replace("-", "_"): value for key, value in chosen.items()}
        return json.dumps([data] if name == "dcbx" else data, indent=4 if "p" in flags else None)
    lines = []
    for key, value in chosen.items():
        if isinstance(value, list):
            pairs = value if name == "app" else enumerate(value)
            value = " ".join(f"{left}:{_word(right)}" for left, right in pairs)
        lines.append(f"{key} {_word(value)}")
    return "\n".join(lines)


def _word(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _tables(name: str, state: qos.Qos, numeric: bool) -> dict[str, Any]:
    if name == "app":
        pairs = [(dscp, to) for dscp, found in sorted(state.dscps.items()) for to in found]
        return {"dscp-prio": [[d if numeric else NAMES.get(d, d), p] for d, p in pairs]} if pairs else {}
    if name == "pfc":
        on = [number in state.pfc for number in range(8)]
        return {"pfc-cap": 8, "macsec-bypass": False, "delay": state.cable_m, "prio-pfc": on}
    if name == "ets":
        tables: dict[str, Any] = {"willing": False, "ets-cap": 8, "cbs": False, "tc-bw": state.shares}
        return tables | {"tc-tsa": state.kinds, "prio-tc": state.classes}
    if name == "buffer":
        total = sum(state.sizes)
        return {"prio-buffer": state.buffers, "buffer-size": state.sizes, "total-size": total}
    return {"host": True, "ieee": True} if state.host else {"static": True}
