"""DNS: zone files (RFC 1035) of every name, forward and reverse, for IPv4 and IPv6; and a hosts file.

Reverse zones end at an octet (IPv4) or a nibble (IPv6): /16 where the plane's prefix is that short, else /24.
"""

from __future__ import annotations

from collections.abc import Iterable

from rackwright.design.ipv6 import Six
from rackwright.design.pools import Pool
from rackwright.models.design import Design
from rackwright.render.site.names import Named, domain_of, dotted, named, sixes
from rackwright.render.wiring import Wiring

_WIDE = 16
"""Planes of this length or shorter have reverse zones of two octets."""


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """``dns/<zone>.zone`` for each zone, and ``addresses/hosts``."""
    del wiring
    rows, domain = list(named(design)), domain_of(design)
    made = {f"dns/{domain}.zone": _zone(domain, forward(rows, design))}
    for zone, records in sorted(reverse(rows, design).items()):
        made[f"dns/{zone}.zone"] = _zone(zone, records, domain)
    made["addresses/hosts"] = "".join(f"{dotted(r.value)} {r.name}.{domain} {r.name}\n" for r in rows)
    return made


def _zone(zone: str, records: Iterable[str], domain: str = "") -> str:
    """SOA and NS are the controller's. The serial is 1: whatever loads the zone counts it up when the zone
    has changed, since nothing here knows a time or an earlier plan."""
    master = f"controller.{domain or zone}."
    head = (
        f"$ORIGIN {zone}.\n$TTL 3600\n"
        f"@ IN SOA {master} hostmaster.{domain or zone}. 1 3600 900 604800 300\n"
        f"@ IN NS {master}\n"
    )
    return head + "".join(records)


def forward(rows: Iterable[Named], design: Design) -> list[str]:
    """A and AAAA records, relative to the domain."""
    six, found = sixes(design), []
    for row in rows:
        found.append(f"{row.name} IN A {dotted(row.value)}\n")
        if row.plane in six:
            found.append(f"{row.name} IN AAAA {six[row.plane].ip(row.value)}\n")
    return found


def reverse(rows: Iterable[Named], design: Design) -> dict[str, list[str]]:
    """PTR records by zone. Where an address has two names (the depot on the controller's machine), the first
    has the record."""
    lengths = {plane.name: Pool.of(plane.prefix).length for plane in design.planes}
    domain, six = domain_of(design), sixes(design)
    found: dict[str, list[str]] = {}
    seen: set[int] = set()
    for row in rows:
        if row.value in seen:
            continue
        seen.add(row.value)
        octets = dotted(row.value).split(".")[::-1]
        own = 2 if lengths[row.plane] <= _WIDE else 1
        zone = ".".join(octets[own:]) + ".in-addr.arpa"
        target = f"IN PTR {row.name}.{domain}.\n"
        found.setdefault(zone, []).append(f"{'.'.join(octets[:own])} {target}")
        if row.plane in six:
            label, zone = nibbles(six[row.plane], row.value)
            found.setdefault(zone, []).append(f"{label} {target}")
    return found


def nibbles(six: Six, value: int) -> tuple[str, str]:
    """(label, zone) of an address under ``ip6.arpa``; the zone is the plane's prefix, up to a nibble."""
    text = f"{six.base6 + value - six.base:032x}"[::-1]
    own = 32 - -(-six.length6 // 4)
    return ".".join(text[:own]), ".".join(text[own:]) + ".ip6.arpa"
