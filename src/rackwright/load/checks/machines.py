"""Groups of machines: role and SKU fit each other, rails exist, a server fits into a rack."""

from __future__ import annotations

from rackwright.load.draft import Draft
from rackwright.load.plain import Document
from rackwright.models.spec import MachineGroup, Physical
from rackwright.models.tables import ServerSku, Tables


def check_machines(doc: Document, draft: Draft, tables: Tables) -> None:
    """Each group by itself, and that there is something to build a cluster from."""
    for name, group in draft.machines.items():
        if group.role != "gpu" and group.unit_size is not None:
            doc.say(
                ("machines", name, "unit_size"),
                "no unit_size here",
                f"scalable units are of GPU servers; {name} has the role {group.role}",
                at_key=True,
            )
        sku = tables.servers.get(group.sku)
        if sku is not None:
            _sku(doc, name, group, sku)
            _rack(doc, name, sku, draft.physical)
    named = draft.named.get("machines", frozenset())
    if (
        named == frozenset(draft.machines)
        and named
        and not any(g.role == "gpu" for g in draft.machines.values())
    ):
        doc.say(("machines",), "a group with role gpu", found="none", at_key=True)


def _sku(doc: Document, name: str, group: MachineGroup, sku: ServerSku) -> None:
    rails = sum(1 for slot in sku.nics if slot.plane == "compute")
    if group.role == "gpu" and sku.gpus == 0:
        doc.say(
            ("machines", name, "sku"),
            "a server with GPUs",
            f"{sku.name} has none; give the group another role",
        )
    elif group.role != "gpu" and sku.gpus > 0:
        doc.say(
            ("machines", name, "sku"),
            "a server without GPUs",
            f"{sku.name} has {sku.gpus}; for role {group.role} take another SKU",
        )
    elif group.rails is not None and group.rails > rails:
        hint = f"{sku.name} has {rails or 'no'} compute ports"
        doc.say(("machines", name, "rails"), f"at most {rails}" if rails else "no rails here", hint)


def _rack(doc: Document, name: str, sku: ServerSku, room: Physical | None) -> None:
    if room is None:
        return
    if sku.rack_units > room.rack_units:
        hint = f"{sku.name} is {sku.rack_units} units high"
        doc.say(("physical", "rack_units"), f"at least {sku.rack_units}", hint)
    if sku.power_w is not None and sku.power_w > room.rack_power_kw * 1000:
        hint = f"one {sku.name} draws up to {sku.power_w / 1000:g} kW"
        doc.say(("physical", "rack_power_kw"), f"at least {-(-sku.power_w // 1000)}", hint)
