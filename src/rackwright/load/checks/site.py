"""Site: a DNS domain with labels that names may have, resolvers and time servers that can be reached."""

from __future__ import annotations

import re
from ipaddress import ip_address

from rackwright.load.draft import Draft
from rackwright.load.plain import Document

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LONGEST_DOMAIN = 180
"""RFC 1035 has 253; the rest is for hosts' own labels."""


def check_site(doc: Document, draft: Draft) -> None:
    """The domain, then each server."""
    site = draft.site
    if site is None:
        return
    domain = site.domain
    if domain is not None and (len(domain) > _LONGEST_DOMAIN or not _is_name(domain)):
        hint = f"labels of 1 to 63 letters, digits and '-', {_LONGEST_DOMAIN} characters in all"
        doc.say(("site", "domain"), "a DNS domain such as pod1.example.com", hint)
    for index, server in enumerate(site.dns):
        if not _is_address(server):
            doc.say(("site", "dns", index), "an IP address", "a resolver cannot be looked up by its name")
    for index, server in enumerate(site.ntp):
        if not _is_address(server) and (not _is_name(server.lower()) or server[-1:].isdigit()):
            doc.say(("site", "ntp", index), "an IP address or a host's name")


def _is_name(text: str) -> bool:
    return all(_LABEL.fullmatch(label) for label in text.split("."))


def _is_address(text: str) -> bool:
    """A unicast IPv4 or IPv6 address."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return not (address.is_multicast or address.is_unspecified or address.is_loopback)
