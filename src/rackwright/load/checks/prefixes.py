"""Prefixes of the planes: well formed, no host bits, apart from each other and from reserved ranges."""

from __future__ import annotations

import re
from ipaddress import IPv4Network

from rackwright.load.draft import Draft
from rackwright.load.plain import Document

_OCTET = "(0|[1-9][0-9]{0,2})"
_FORM = re.compile(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}/(0|[1-9][0-9]?)", re.ASCII)
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
    for name, text in draft.texts("planes", "prefix"):
        path = ("planes", name, "prefix")
        network = form_of(doc, path, text)
        if network is None:
            continue
        reserved(doc, path, network)
        for other, taken in above:
            if network.overlaps(taken):
                line = doc.place(("planes", other, "prefix")).value.line
                doc.say(path, "a prefix of its own", f"it overlaps {taken} of {other} in line {line}")
        above.append((name, network))


def reserved(doc: Document, path: tuple[str, ...], network: IPv4Network) -> None:
    """Say so where a prefix lies in a range that IPv4 keeps for itself."""
    for range_, use in _RESERVED:
        if network.overlaps(range_):
            doc.say(path, "unicast addresses, such as 10.0.0.0/8", f"{range_} is for {use}")
            break


def form_of(doc: Document, path: tuple[str, ...], text: str) -> IPv4Network | None:
    """The prefix that a text is; None, and said, where it is none or has host bits."""
    match = _FORM.fullmatch(text)
    numbers = [int(part) for part in match.groups()] if match else []
    if not match or max(numbers[:4]) > 255 or numbers[4] > 32:
        doc.say(path, "an IPv4 prefix such as 10.64.0.0/12")  # the words of a text of another form, too
        return None
    network = IPv4Network(text, strict=False)
    if str(network.network_address) != text.partition("/")[0]:
        doc.say(path, "a prefix without host bits", f"did you mean {network}?")
        return None
    return network
