"""Blame: many disagreements become few findings, each at the place that explains the most of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rackwright.models.finding import Finding

_NAMED = 3
"""Ports and devices that a finding names; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A port that is wrong by itself."""

    device: str
    port: str
    layer: str
    found: str
    expected: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """Two ends of a cable that do not agree, and what each of them says."""

    layer: str
    a: tuple[str, str]
    a_says: str
    z: tuple[str, str]
    z_says: str
    hint: str = ""


def findings(wrongs: Iterable[Wrong], splits: Iterable[Split], walked: Mapping[str, int]) -> list[Finding]:
    """Sorted. ``walked``: how many ports of each device were looked at."""
    made = [*_ports(wrongs, walked)]
    layers: dict[str, list[Split]] = defaultdict(list)
    for split in splits:
        layers[split.layer].append(split)
    for layer in sorted(layers):
        made += _links(layers[layer], walked)
    return sorted(made)


def _ports(wrongs: Iterable[Wrong], walked: Mapping[str, int]) -> Iterable[Finding]:
    """One finding for what reads alike, whatever different ports should have instead (cables differ)."""
    groups: dict[tuple[str, str, str], dict[str, list[str]]] = defaultdict(dict)
    wanted: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for wrong in sorted(set(wrongs), key=lambda row: (row.layer, row.device, _natural(row.port))):
        key = wrong.layer, wrong.found, wrong.hint
        groups[key].setdefault(wrong.device, []).append(wrong.port)
        wanted[key].add(wrong.expected)
    for (layer, found, hint), devices in groups.items():
        expected = "; ".join(sorted(wanted[layer, found, hint])[:_NAMED])
        yield Finding(_where(devices, walked), layer, found, expected, hint)


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers by value, so that port 8 stands before port 16."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _where(devices: Mapping[str, list[str]], walked: Mapping[str, int]) -> str:
    names = sorted(devices)
    if len(names) > 1:
        return _listed(names, "devices")
    (name,) = names
    ports = [port for port in devices[name] if port]
    whole = not ports or (len(ports) > 1 and len(ports) == walked.get(name))
    return name if whole else f"{name} {_listed(ports, 'ports')}"


def _listed(names: list[str], what: str) -> str:
    rest = len(names) - _NAMED
    named = ", ".join(names[:_NAMED])
    return f"{named} and {rest} more {what}" if rest > 0 else named


def _links(splits: list[Split], walked: Mapping[str, int]) -> Iterable[Finding]:
    """The device that is at odds with the most neighbours is named first; ties by name."""
    left = set(splits)
    while left:
        votes: Counter[tuple[str, str]] = Counter()
        for split in left:
            votes[split.a[0], split.a_says] += 1
            votes[split.z[0], split.z_says] += 1
        (device, says), count = min(votes.items(), key=lambda item: (-item[1], item[0]))
        mine = sorted(
            (
                split
                for split in left
                if (device, says) in ((split.a[0], split.a_says), (split.z[0], split.z_says))
            ),
            key=lambda split: (split.a, split.z),
        )
        left.difference_update(mine)
        if count == 1:
            (one,) = mine
            where = f"{' '.join(one.a)} - {' '.join(one.z)}"
            yield Finding(
                where, one.layer, f"{one.a_says} / {one.z_says}", "agreement of both ends", one.hint
            )
            continue
        others, ports = set(), []
        for split in mine:
            own, far = (split.a, split.z_says) if split.a[0] == device else (split.z, split.a_says)
            ports.append(own[1])
            others.add(far)
        where = _where({device: sorted(ports, key=_natural)}, walked)
        yield Finding(
            where, mine[0].layer, says, f"what its neighbours say: {', '.join(sorted(others))}", mine[0].hint
        )
