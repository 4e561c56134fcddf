"""Names that must exist (SKUs, switches, the host lock, fabrics, planes) and names that collide."""

from __future__ import annotations

from rackwright.load.catalog import PLANES
from rackwright.load.draft import Draft
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document
from rackwright.models.tables import Tables

_TIERS = ("", "-leaf", "-spine", "-core")
"""Switches are named ``<fabric><tier>-01``, servers ``<group>-01``: the two must not meet."""


def check_names(doc: Document, draft: Draft, tables: Tables) -> None:
    """Every name refers to something; the nearest one is the hint."""
    for name, group in draft.machines.items():
        if group.sku not in tables.servers:
            doc.say(
                ("machines", name, "sku"),
                "a row of catalog/servers.yaml",
                did_you_mean(group.sku, tables.servers),
            )
    for name, fabric in draft.fabrics.items():
        if fabric.switch not in tables.switches:
            hint = did_you_mean(fabric.switch, tables.switches)
            doc.say(("fabrics", name, "switch"), "a row of catalog/switches.yaml", hint)
    if draft.lock is not None and draft.lock not in tables.locks:
        doc.say(
            ("lock",),
            "a file of catalog/locks/",
            did_you_mean(draft.lock, tables.locks),
            found=None if ("lock",) in doc.places else f"the default {draft.lock}",
        )
    _planes(doc, draft)
    _collisions(doc, draft)


def _planes(doc: Document, draft: Draft) -> None:
    fabrics = draft.named.get("fabrics", frozenset())
    for name, plane in draft.planes.items():
        if fabrics and plane.fabric not in fabrics:
            doc.say(
                ("planes", name, "fabric"), "one of the fabrics above", did_you_mean(plane.fabric, fabrics)
            )
    named = draft.named.get("planes", frozenset())
    if isinstance(doc.data, dict) and isinstance(doc.data.get("planes"), dict):
        for name in PLANES:
            if name not in named:
                doc.say(
                    ("planes",),
                    f"the plane {name}",
                    "give it a fabric and a prefix",
                    found="nothing",
                    at_key=True,
                )
    used = {plane.fabric for plane in draft.planes.values()}
    if named and named == frozenset(
        draft.planes
    ):  # only when no plane is wrong: it may be the one that uses it
        for name in draft.fabrics:
            if name not in used:
                doc.say(
                    ("fabrics", name),
                    "a plane that uses it",
                    "name it in a plane, or delete it",
                    found="none",
                    at_key=True,
                )


def _collisions(doc: Document, draft: Draft) -> None:
    for group in draft.machines:
        for fabric in draft.fabrics:
            if any(group == fabric + tier for tier in _TIERS):
                doc.say(
                    ("machines", group),
                    "a name that no fabric's switches have",
                    "servers and switches would share names",
                    found=f"{group}, as the fabric {fabric}",
                    at_key=True,
                )
