"""Prefixes of pods and services: well formed, apart from every plane and each other, wide enough."""

from __future__ import annotations

from ipaddress import IPv4Network

from rackwright.design.node_prefixes import node_slots
from rackwright.load.checks.prefixes import form_of, reserved
from rackwright.load.draft import Draft
from rackwright.load.plain import Document
from rackwright.load.prefixes import network_of
from rackwright.models.tables import Tables

SERVICE_BITS = 20
"""kube-apiserver keeps a bitmap of the services' addresses and takes no more than so many bits."""
FEWEST_SERVICE_BITS = 6
"""The API, the DNS and something to serve."""


def check_kubernetes_prefixes(doc: Document, draft: Draft, tables: Tables) -> None:
    """Each prefix by itself, then against the planes and against the one before."""
    section = draft.kubernetes
    if section is None:
        return
    taken = [
        (f"plane {name}", found)
        for name, text in draft.texts("planes", "prefix")
        if (found := network_of(text))
    ]
    for key, text in (("pods", section.pods), ("services", section.services)):
        path = ("kubernetes", key)
        network = form_of(doc, path, text)
        if network is None:
            continue
        reserved(doc, path, network)
        for owner, other in taken:
            if network.overlaps(other):
                doc.say(path, "a prefix of its own", f"it overlaps {other} of {owner}")
        taken.append((key, network))
        if key == "services":
            _services(doc, network)
        else:
            _pods(doc, draft, tables, network)


def _services(doc: Document, network: IPv4Network) -> None:
    bits = 32 - network.prefixlen
    if not FEWEST_SERVICE_BITS <= bits <= SERVICE_BITS:
        expected = f"a prefix of /{32 - SERVICE_BITS} to /{32 - FEWEST_SERVICE_BITS}"
        doc.say(("kubernetes", "services"), expected, "kube-apiserver takes no wider one")


def _pods(doc: Document, draft: Draft, tables: Tables, network: IPv4Network) -> None:
    """A part for each position; only a whole spec has positions. A chosen prefix is widened later."""
    assert draft.kubernetes is not None  # noqa: S101 (narrowing for the type checker)
    length, path = draft.kubernetes.node_prefix, ("kubernetes", "pods")
    if network.prefixlen > length:
        doc.say(path, f"a prefix that holds a /{length} (node_prefix)")
        return
    known = all(group.sku in tables.servers for group in draft.machines.values())
    if (
        draft.spec is None
        or not known
        or path not in doc.places
        or doc.place(path).shown.endswith("(chosen)")
    ):
        return
    slots = node_slots(draft.spec, tables)
    if slots > 1 << (length - network.prefixlen):
        wanted = length - (slots - 1).bit_length()
        hint = f"{slots} positions of a /{length} each"
        doc.say(path, f"/{wanted} or shorter", hint)
