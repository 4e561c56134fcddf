"""Text: pyavd renders each kind of thing once; ports, sessions and names are filled in.

pyavd takes about 80 ms for a switch of 128 ports. Switches of a tier differ in names and addresses only, so
the frame, a port of each shape and a session are rendered with holes (made-up values) and kept; the holes are
then filled in plain text. A test compares the result with pyavd's own rendering of the whole model.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from rackwright.errors import WorldRefused
from rackwright.render.nos.eos.model import Model

Json = dict[str, Any]
_NAME, _TEXT, _FOUR, _SIX = "Ethernet9901/9902", "hole-text", "203.0.113.252/31", "2001:db8:ffff::252/127"
_PEER, _GROUP, _REMOTE = "203.0.113.253", "HOLE-GROUP", "4294967293"
_DIGITS = re.compile(r"(\d+)")
_VARIES = {"name": _NAME, "description": _TEXT, "ip_address": _FOUR, "ipv6_address": _SIX}


def whole(model: Model) -> Json:
    """The model as pyavd takes it, every hole filled: what ``text`` must be equal to."""
    data = {**model.frame, "ethernet_interfaces": model.ports}
    if "router_bgp" in data:
        own = {**data["router_bgp"]}
        if model.unnumbered:
            own["neighbor_interfaces"] = model.unnumbered
        if model.numbered:
            own["neighbors"] = model.numbered
        data["router_bgp"] = own
    said = json.dumps(data)
    for hole, value in sorted(model.fills.items(), key=lambda pair: -len(pair[0])):
        said = said.replace(hole, value)
    made: Json = json.loads(said)
    return made


def text(model: Model) -> str:
    """The configuration.

    :raises WorldRefused: pyavd's schema refuses the model (a fault of ours).
    """
    frame = {**model.frame, "ethernet_interfaces": [{"name": _NAME}]}
    if "router_bgp" in frame:
        own = {**frame["router_bgp"]}
        if model.unnumbered:
            own["neighbor_interfaces"] = [{"name": _NAME, "peer_group": _GROUP, "remote_as": _REMOTE}]
        if model.numbered:
            peer = {"ip_address": _PEER, "peer_group": _GROUP, "remote_as": _REMOTE, "description": _TEXT}
            own["neighbors"] = [peer]
        frame["router_bgp"] = own
    said = _rendered(json.dumps(frame))
    for hole, value in sorted(model.fills.items(), key=lambda pair: -len(pair[0])):
        said = said.replace(hole, value)
    blocks = [_port(port) for port in sorted(model.ports, key=lambda row: _order(row["name"]))]
    said = said.replace(f"!\ninterface {_NAME}\n", "".join(blocks), 1)
    if model.unnumbered:
        rows = sorted(model.unnumbered, key=lambda row: _order(row["name"]))
        said = _filled(said, _NAME, [_session(row, _NAME, row["name"]) for row in rows])
    if model.numbered:
        rows = sorted(model.numbered, key=lambda row: _order(row["ip_address"]))
        said = _filled(said, _PEER, [_session(row, _PEER, row["ip_address"]) for row in rows])
    return said


def _order(name: str) -> list[int | str]:
    """As pyavd sorts names: numbers by value, the rest as text."""
    return [int(part) if part.isdigit() else part for part in _DIGITS.split(name)]


def _session(row: Json, hole: str, name: str) -> dict[str, str]:
    return {
        hole: name,
        _GROUP: row["peer_group"],
        _REMOTE: row["remote_as"],
        _TEXT: row.get("description", ""),
    }


def _filled(said: str, hole: str, rows: list[dict[str, str]]) -> str:
    """The lines with a hole, once for each row; pyavd keeps a session's lines together."""
    lines = said.split("\n")
    held = [number for number, line in enumerate(lines) if hole in line]
    first, last = held[0], held[-1] + 1
    if held != list(range(first, last)):
        raise WorldRefused("pyavd", "render a session", f"its lines are apart: {held}")
    kind = "\n".join(lines[first:last])
    made = []
    for row in rows:
        one = kind
        for place, value in row.items():
            one = one.replace(place, value)
        made.append(one)
    return "\n".join([*lines[:first], *made, *lines[last:]])


def _port(port: Json) -> str:
    """An interface's lines: its shape's, filled."""
    shape = {key: _VARIES.get(key, value) for key, value in port.items()}
    said = _shape(json.dumps(shape))
    for key, hole in _VARIES.items():
        if key in port:
            said = said.replace(hole, port[key])
    return said


@lru_cache(maxsize=4096)
def _shape(port: str) -> str:
    said = _rendered(json.dumps({"ethernet_interfaces": [json.loads(port)]}))
    start = said.index(f"!\ninterface {_NAME}\n")
    end = said.find("\n!\n", start)
    return said[start : end + 1] if end >= 0 else said[start:]


@lru_cache(maxsize=1024)
def _rendered(model: str) -> str:
    """pyavd's rendering of a model that its schema accepts."""
    import pyavd

    judged = pyavd.validate_structured_config(json.loads(model))
    if judged.validated_data is None:
        wrong = "; ".join(f"{'.'.join(v.path)}: {v.message}" for v in judged.validation_result.violations)
        raise WorldRefused("pyavd", "validate a switch", wrong)
    said: str = pyavd.get_device_config(judged.validated_data)
    return said
