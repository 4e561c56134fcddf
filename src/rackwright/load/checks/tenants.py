"""Tenants: every group exists and belongs to one tenant; every number stands once."""

from __future__ import annotations

from rackwright.load.draft import Draft
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document


def check_tenants(doc: Document, draft: Draft) -> None:
    """Each mistake at its own place, in the order of the file."""
    groups = draft.named.get("machines", frozenset())
    owner: dict[str, str] = {}
    numbers: dict[int, str] = {}
    for name, tenant in draft.tenants.items():
        path = ("tenants", name)
        other = numbers.setdefault(tenant.id, name)
        if other != name:
            line = doc.place(("tenants", other, "id")).value.line
            doc.say((*path, "id"), "a number of its own", f"{other} has it in line {line}")
        for index, group in enumerate(tenant.machines):
            place = (*path, "machines", index)
            if groups and group not in groups:
                doc.say(place, "one of the groups of machines", did_you_mean(group, groups))
            elif (first := owner.setdefault(group, name)) != name:
                doc.say(place, "a group without a tenant", f"it belongs to {first}")
            elif tenant.machines.index(group) != index:
                doc.say(place, "each group once", f"{name} has it already")
