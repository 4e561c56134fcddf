"""Names that must exist (SKUs, switches, the host lock, fabrics, planes) and names that collide."""

from __future__ import annotations

from rackwright.errors import BadInput
from rackwright.load.draft import Draft
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document
from rackwright.locks import load_lock
from rackwright.models.tables import Tables

_TIERS = ("", "-leaf", "-spine", "-core")
"""Switches are named ``<fabric><tier>-01``, servers ``<group>-01``: the two must not meet."""


def check_names(doc: Document, draft: Draft, tables: Tables) -> None:
    """Every name refers to something; the nearest one is the hint."""
    for name, sku in draft.texts("machines", "sku"):
        if sku not in tables.servers:
            hint = did_you_mean(sku, tables.servers)
            doc.say(("machines", name, "sku"), "a row of catalog/servers.yaml", hint)
    for name, switch in draft.texts("fabrics", "switch"):
        if switch not in tables.switches:
            hint = did_you_mean(switch, tables.switches)
            doc.say(("fabrics", name, "switch"), "a row of catalog/switches.yaml", hint)
    _lock(doc, draft, tables)
    _planes(doc, draft)
    _collisions(doc, draft)


def _lock(doc: Document, draft: Draft, tables: Tables) -> None:
    """The host lock exists, holds, and is for the GPUs of every group."""
    if draft.lock is None:
        return
    found = None if ("lock",) in doc.places else f"the default {draft.lock}"
    if draft.lock not in tables.locks:
        doc.say(("lock",), "a file of catalog/locks/", did_you_mean(draft.lock, tables.locks), found=found)
        return
    try:
        lock = load_lock(draft.lock)
    except BadInput as error:
        doc.problems += error.problems
        return
    for name, sku in draft.texts("machines", "sku"):
        gpu = tables.servers[sku].gpu if sku in tables.servers else None
        if gpu is not None and gpu not in lock.gpus:
            usual = tables.gpus[gpu].lock
            hint = f"{usual} is one" if usual != lock.name else "give such servers a cluster of their own"
            doc.say(("lock",), f"a host lock for {gpu}, of machines.{name}", hint, found=found)


def _planes(doc: Document, draft: Draft) -> None:
    fabrics = draft.named.get("fabrics", frozenset())
    uses = dict(draft.texts("planes", "fabric"))
    for name, fabric in uses.items():
        if fabrics and fabric not in fabrics:
            hint = did_you_mean(fabric, fabrics)
            doc.say(("planes", name, "fabric"), "one of the fabrics above", hint)
    named = draft.named.get("planes", frozenset())
    if named == frozenset(draft.planes) and fabrics >= set(uses.values()):  # else the wrong plane may use it
        for name in sorted(fabrics - set(uses.values())):
            hint = "name it in a plane, or delete it"
            doc.say(("fabrics", name), "a plane that uses it", hint, found="none", at_key=True)


def _collisions(doc: Document, draft: Draft) -> None:
    groups, fabrics = (draft.named.get(section, frozenset()) for section in ("machines", "fabrics"))
    taken = {fabric + tier: fabric for fabric in sorted(fabrics) for tier in _TIERS}
    for group in sorted(groups & set(taken)):
        hint = "servers and switches would share names"
        found = f"{ascii(group)[1:-1]}, as the fabric {ascii(taken[group])[1:-1]}"
        doc.say(("machines", group), "a name that no fabric has", hint, found=found, at_key=True)
