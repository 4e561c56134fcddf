"""Fabrics: kind, switch, NOS, topology and the planes on them go together."""

from __future__ import annotations

from rackwright.load.draft import Draft
from rackwright.load.plain import Document
from rackwright.models.spec import Fabric
from rackwright.models.tables import SwitchModel, Tables

_NOS_VENDOR = {"cumulus": "NVIDIA", "eos": "Arista"}
"""A NOS that runs on one vendor's switches only; FRR and SONiC run on white boxes too."""

# plane -> (kinds of fabric, topologies) that can carry it
_CARRIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "compute": (("roce", "infiniband"), ("rail-optimised", "leaf-spine")),
    "storage": (("roce", "ethernet", "infiniband"), ("leaf-spine",)),
    "business": (("roce", "ethernet", "infiniband"), ("leaf-spine",)),
    "management": (("ethernet",), ("tree",)),
}


def check_fabrics(doc: Document, draft: Draft, tables: Tables) -> None:
    """Each fabric by itself, then each plane with its fabric."""
    for name, fabric in draft.fabrics.items():
        _counts(doc, name, fabric)
        _reserved(doc, name, fabric, draft, tables)
        model = tables.switches.get(fabric.switch)
        if model is not None:
            _switch(doc, name, fabric, model)
    for plane_name, plane in draft.planes.items():
        carried = draft.fabrics.get(plane.fabric)
        if carried is None:
            continue
        kinds, topologies = _CARRIES[plane_name]
        found = f"{plane.fabric}, {carried.kind} with topology {carried.topology}"
        if carried.kind not in kinds or carried.topology not in topologies:
            expected = f"a fabric of kind {' or '.join(kinds)} with topology {' or '.join(topologies)}"
            doc.say(("planes", plane_name, "fabric"), expected, found=found)


def _switch(doc: Document, name: str, fabric: Fabric, model: SwitchModel) -> None:
    wanted = "infiniband" if fabric.kind == "infiniband" else "ethernet"
    words = {"infiniband": "InfiniBand", "ethernet": "Ethernet"}
    if model.kind != wanted:
        doc.say(
            ("fabrics", name, "switch"),
            f"an {words[wanted]} switch",
            f"{model.name} is {words[model.kind]}, the fabric is {fabric.kind}",
        )
    vendor = _NOS_VENDOR.get(fabric.nos)
    if (fabric.nos == "opensm") != (fabric.kind == "infiniband"):
        expected = "opensm" if fabric.kind == "infiniband" else "frr, cumulus, sonic or eos"
        doc.say(("fabrics", name, "nos"), expected, f"the fabric is {fabric.kind}")
    elif vendor is not None and vendor != model.vendor:
        doc.say(("fabrics", name, "nos"), "a NOS that runs on it", f"{model.name} is made by {model.vendor}")


def _reserved(doc: Document, name: str, fabric: Fabric, draft: Draft, tables: Tables) -> None:
    """Reserved ports take whole servers' places in the first scalable unit; one must remain."""
    if fabric.topology != "rail-optimised" or not fabric.reserved_ports:
        return
    for group in draft.machines.values():
        sku = tables.servers.get(group.sku)
        if group.role == "gpu" and sku is not None:
            rails = group.rails or sum(1 for slot in sku.nics if slot.plane == "compute")
            most = rails * ((group.unit_size or sku.unit_size) - 1)
            if fabric.reserved_ports > most:
                hint = f"a unit has {group.unit_size or sku.unit_size} places of {rails} ports"
                doc.say(("fabrics", name, "reserved_ports"), f"at most {most}", hint)


def _counts(doc: Document, name: str, fabric: Fabric) -> None:
    if fabric.leaves is not None and fabric.topology != "leaf-spine":
        hint = f"leaves are counted by hand only in a leaf-spine fabric; this one is {fabric.topology}"
        doc.say(("fabrics", name, "leaves"), "no leaves here", hint, at_key=True)
    if fabric.hosts_per_leaf is not None and fabric.topology != "leaf-spine":
        hint = f"in a {fabric.topology} fabric the topology says it"
        doc.say(("fabrics", name, "hosts_per_leaf"), "no hosts_per_leaf here", hint, at_key=True)
    for key in ("spines", "spine_links"):
        if getattr(fabric, key) is not None and fabric.topology == "tree":
            doc.say(("fabrics", name, key), f"no {key} here", "a tree has no spines", at_key=True)
    down, up = (int(part) for part in fabric.oversubscription.split(":"))
    if down < up:
        doc.say(("fabrics", name, "oversubscription"), f'at least "1:1", such as "{up}:{down}"')
