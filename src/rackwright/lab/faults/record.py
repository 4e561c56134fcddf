"""Which faults a lab has at the moment: one file, so that ``lab up`` does not heal what was broken on
purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from rackwright.atomic import write
from rackwright.lab.place import Place
from rackwright.models.design import Cable, End


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that is there now."""

    kind: str
    place: str
    """Where: a device, or a device and its port."""
    broke: str
    """What was done, in words."""
    heals: str
    """What makes it good again."""
    data: dict[str, Any] = field(default_factory=dict)
    """What clearing it needs to know."""


def active(place: Place) -> list[Fault]:
    """Faults in the order in which they were made."""
    try:
        return [Fault(**entry) for entry in json.loads((place.dir / "faults.json").read_text())]
    except FileNotFoundError:
        return []


def save(place: Place, faults: Iterable[Fault]) -> None:
    write(place.dir / "faults.json", json.dumps([asdict(fault) for fault in faults], indent=1) + "\n")


def end_of(text: str) -> End:
    """``device:port``."""
    device, _, port = text.partition(":")
    return End(device, port)


def plugged(cables: Iterable[Cable], faults: Iterable[Fault]) -> list[Cable]:
    """The cables as they are plugged now: those of the design, with the swapped ones swapped."""
    found = list(cables)
    for fault in faults:
        if fault.kind == "miswired":
            first, second = (end_of(text) for text in fault.data["ends"])
            found = [_swap(cable, first, second) for cable in found]
    return found


def _swap(cable: Cable, first: End, second: End) -> Cable:
    other = {first: second, second: first}
    a, z = other.get(cable.a, cable.a), other.get(cable.z, cable.z)
    return Cable(a, z, cable.fabric, cable.kind, cable.speed_gbps, cable.length_m, cable.part)


def pulled(faults: Iterable[Fault]) -> list[End]:
    """Ends of the cables that are out."""
    return [end_of(fault.data["end"]) for fault in faults if fault.kind == "cable-pulled"]


def hardware(faults: Iterable[Fault], server: str) -> dict[str, Any]:
    """What a server's hardware record says is wrong with it."""
    found: dict[str, Any] = {}
    for fault in faults:
        if fault.data.get("server") == server:
            for key, value in fault.data.get("hardware", {}).items():
                both = isinstance(value, dict) and isinstance(found.get(key), dict)
                found[key] = {**found[key], **value} if both else value
    return found
