"""Prefixes for planes that the file gives none: apart from all others, and wide enough for the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from rackwright.design.pools import shortages
from rackwright.errors import Shortage
from rackwright.load.defaults import PREFIXES, PRIVATE
from rackwright.models.choice import Choice
from rackwright.models.spec import ClusterSpec, PlaneName
from rackwright.models.tables import Tables


@dataclass(frozen=True, slots=True)
class Room:
    """A chosen prefix, and the wider one that begins with it."""

    usual: str
    region: str
    because: str


def place_prefixes(wanted: Iterable[PlaneName], given: Iterable[str]) -> dict[PlaneName, Room]:
    """A room for each plane, overlapping neither those given nor each other; a plane may get none.

    >>> place_prefixes(["storage"], ["10.16.0.0/16"])["storage"].usual
    '10.0.0.0/14'
    """
    taken = [network for text in given if (network := network_of(text))]
    missing = list(wanted)
    kept = {plane: IPv4Network(PREFIXES[plane].region) for plane in missing}
    rooms: dict[PlaneName, Room] = {}
    for plane in missing:
        others = taken + [region for other, region in kept.items() if other != plane]
        found = place_apart(kept[plane], IPv4Network(PREFIXES[plane].usual), others)
        if found is None:
            del kept[plane]
            continue
        usual, kept[plane] = found
        because = f"nothing else of this cluster has addresses in {kept[plane]}"
        rooms[plane] = Room(str(usual), str(kept[plane]), because)
    return rooms


def place_apart(
    region: IPv4Network, usual: IPv4Network, taken: Iterable[IPv4Network]
) -> tuple[IPv4Network, IPv4Network] | None:
    """(usual prefix, region that begins with it) that overlap nothing taken; None where there is no room.

    >>> place_apart(IPv4Network("10.0.0.0/12"), IPv4Network("10.0.0.0/14"), [IPv4Network("10.0.0.0/16")])
    (IPv4Network('10.16.0.0/14'), IPv4Network('10.16.0.0/12'))
    """
    others = list(taken)
    for candidate in _candidates(region, usual):
        if not any(candidate.overlaps(other) for other in others):
            return next(candidate.subnets(new_prefix=max(candidate.prefixlen, usual.prefixlen))), candidate
    return None


def _candidates(region: IPv4Network, usual: IPv4Network) -> Iterable[IPv4Network]:
    """The rule's own region, then any block of its size, then any that is just large enough."""
    yield region
    yield from IPv4Network(PRIVATE).subnets(new_prefix=region.prefixlen)
    yield from IPv4Network(PRIVATE).subnets(new_prefix=usual.prefixlen)


def network_of(text: str) -> IPv4Network | None:
    """None for what is no prefix; the checks say so."""
    try:
        return IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        return None


def widen(
    spec: ClusterSpec, tables: Tables, rooms: Mapping[PlaneName, Room]
) -> tuple[ClusterSpec, list[Choice], list[Shortage]]:
    """(the spec with chosen prefixes wide enough, what changed, what still does not fit)."""
    lacks = shortages(spec, tables)
    short = {lack.path[1] for lack in lacks if lack.path[0] == "planes" and lack.path[-1] == "prefix"}
    wider = {
        plane: spec.planes[plane].model_copy(update={"prefix": room.region})
        for plane, room in rooms.items()
        if plane in short and room.region != room.usual
    }
    if not wider:
        return spec, [], lacks
    spec = spec.model_copy(update={"planes": {**spec.planes, **wider}})
    changed = [
        Choice(
            ("planes", plane, "prefix"),
            row.prefix,
            f"{rooms[plane].usual} is too small for it; {rooms[plane].because}",
        )
        for plane, row in wider.items()
    ]
    return spec, changed, shortages(spec, tables)
