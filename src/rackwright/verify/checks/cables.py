"""Cables: the neighbour that LLDP sees on each port equals the cable plan's far end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rackwright.models.design import End
from rackwright.verify.expected import Expected, Port
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Outcome, Verdict

SOURCE = "lldpcli show neighbors"


def parse_neighbours(document: Mapping[str, Any]) -> dict[str, list[End]]:
    """LLDP neighbours by local port, from ``lldpcli -f json0``, the youngest first.

    A cable that was moved leaves its old neighbour in the table until its time to live ends: what came last
    is what is plugged in.
    """
    found: dict[str, list[tuple[int, End]]] = {}
    for block in document.get("lldp", []):
        for interface in block.get("interface", []):
            for chassis, port in zip(interface.get("chassis", []), interface.get("port", []), strict=False):
                name = _first(chassis.get("name")) or _first(chassis.get("id"))
                far = _port_name(port)
                if name and far:
                    found.setdefault(interface["name"], []).append((_age(interface), End(name, far)))
    return {name: [end for _, end in sorted(ends)] for name, ends in found.items()}


def _age(interface: Mapping[str, Any]) -> int:
    """Seconds since the neighbour was first heard, from ``0 day, 00:15:36``; unknown counts as long ago."""
    match = re.match(r"(\d+) days?, (\d+):(\d+):(\d+)", str(interface.get("age", "")))
    if match is None:
        return 1 << 31
    days, hours, minutes, seconds = (int(part) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _first(values: list[Any] | None) -> str | None:
    return str(values[0]["value"]) if values else None


def _port_name(port: Mapping[str, Any]) -> str | None:
    """The far port's interface name: its identifier where that is a name, else its description (lldpd's
    default)."""
    kinds = [str(one.get("type")) for one in port.get("id", ())]
    named = kinds and kinds[0] in ("ifname", "local", "ifalias")
    return (_first(port.get("id")) if named else _first(port.get("descr"))) or _first(port.get("id"))


def carriers(facts: Facts) -> dict[str, bool]:
    """Whether each port has a link, by name."""
    return {link["ifname"]: "LOWER_UP" in link.get("flags", ()) for link in facts.json("addr")}


def needs(want: Expected, port: Port, found: End | None = None) -> tuple[str, ...]:
    """Everything that the sight of a neighbour depends on."""
    far = port.neighbour
    names = [f"{want.device}#lldp"]
    if far is not None:
        names += [far.device, f"{far.device}:{far.port}", f"{far.device}#lldp"]
    if found is not None:
        names.append(f"{found.device}:{found.port}")
    return tuple(names)


def neighbours(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """One verdict for each cabled port; the far ends that LLDP cannot name are judged by their link."""
    links = carriers(facts)
    try:
        seen = parse_neighbours(facts.json("lldp"))
    except NotMeasured as reason:
        yield Verdict(
            "lldp",
            "cable",
            want.device,
            None,
            "not measured",
            str(reason),
            "LLDP neighbours",
            SOURCE,
            blames=(f"{want.device}#lldp",),
        )
        seen = None
    for port in want.ports.values():
        if port.neighbour is None:
            continue
        if port.name not in links:
            yield _verdict(want, port, "fail", "no such port", None)
        elif not links[port.name]:
            yield _verdict(want, port, "fail", "no link", None)
        elif not port.speaks_lldp:
            yield Verdict("neighbour", "cable", want.device, port.name, "pass", "link", "link", "ip link")
        elif seen is not None:
            yield _neighbour(want, port, seen.get(port.name, []))


def _neighbour(want: Expected, port: Port, found: list[End]) -> Verdict:
    if not found:
        return _verdict(want, port, "fail", "a link, but no neighbour", None)
    outcome: Outcome = "pass" if found[0] == port.neighbour else "fail"
    return _verdict(want, port, outcome, _text(found[0]), found[0])


def _verdict(want: Expected, port: Port, outcome: Outcome, found: str, far: End | None) -> Verdict:
    expected = _text(port.neighbour)
    blames = [f"{want.device}:{port.name}", expected]
    if far is not None:
        blames.append(_text(far))
    return Verdict(
        "neighbour",
        "cable",
        want.device,
        port.name,
        outcome,
        found,
        expected,
        SOURCE,
        needs=needs(want, port, far),
        blames=tuple(dict.fromkeys(blames)),
    )


def _text(end: End | None) -> str:
    return f"{end.device}:{end.port}" if end else "nothing"
