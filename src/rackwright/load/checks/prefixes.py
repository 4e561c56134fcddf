"""Prefixes of the planes: well formed, no host bits, apart from each other and from reserved ranges."""

from __future__ import annotations

from ipaddress import IPv4Network

from rackwright.load.draft import Draft
from rackwright.load.plain import Document

_RESERVED = (  # IANA IPv4 Special-Purpose Address Registry (RFC 6890) and what lies above unicast
    (IPv4Network("0.0.0.0/8"), "'this network'"),
    (IPv4Network("127.0.0.0/8"), "loopback"),
    (IPv4Network("169.254.0.0/16"), "link-local addresses"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved use and broadcast"),
)


def check_prefixes(doc: Document, draft: Draft) -> None:
    """Each prefix by itself, then against those that stand above it in the file."""
    above: list[tuple[str, IPv4Network]] = []
    for name, plane in draft.planes.items():
        path = ("planes", name, "prefix")
        network = _network(doc, path, plane.prefix)
        if network is None:
            continue
        for range_, use in _RESERVED:
            if network.overlaps(range_):
                doc.say(path, "unicast addresses, such as 10.0.0.0/8", f"{range_} is for {use}")
                break
        for other, taken in above:
            if network.overlaps(taken):
                line = doc.place(("planes", other, "prefix")).value.line
                doc.say(path, "a prefix of its own", f"it overlaps {taken} of {other} in line {line}")
        above.append((name, network))


def _network(doc: Document, path: tuple[str, ...], text: str) -> IPv4Network | None:
    address, _, length = text.partition("/")
    octets = address.split(".")
    whole = len(octets) == 4 and all(
        o.isdigit() and o == str(int(o)) and int(o) < 256 for o in octets if len(o) < 4
    )
    if not whole or any(not o or len(o) > 3 for o in octets) or not length.isdigit() or int(length) > 32:
        doc.say(path, "an IPv4 prefix such as 10.64.0.0/12")
        return None
    network = IPv4Network(text, strict=False)
    if str(network.network_address) != address:
        doc.say(path, "a prefix without host bits", f"did you mean {network}?")
        return None
    return network
