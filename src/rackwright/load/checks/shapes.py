"""Shapes: keys that a fabric's topology, kind, NOS, switch or NICs do not have."""

from __future__ import annotations

from rackwright.design.attachment import (
    Row,
    cage_rows,
    compute_nics,
    homing_rows,
    nic_rows,
    shape_rows,
)
from rackwright.design.fabrics import ADAPTIVE_NOS
from rackwright.load.draft import Draft
from rackwright.load.plain import Document
from rackwright.models.spec import Fabric
from rackwright.models.tables import SwitchModel, Tables

_NOT_ON_A_TREE = (
    "tiers",
    "homing",
    "nic_ports",
    "split",
    "uplink_split",
    "spine_groups",
    "pod_units",
    "cores",
    "core_links",
    "core_oversubscription",
    "underlay",
    "isolation",
    "reserved_ports",
)
_VENDOR_ENGINES = ("ar_ftree", "ar_updn")


def check_shapes(doc: Document, draft: Draft, tables: Tables) -> None:
    """Each fabric by itself, with the NICs of the GPU servers where it carries compute."""
    plane = draft.planes.get("compute")
    gpus = [group for group in draft.machines.values() if group.role == "gpu"]
    nics = compute_nics(gpus, tables)
    for name, fabric in draft.fabrics.items():
        model = tables.switches.get(fabric.switch)
        compute = plane is not None and plane.fabric == name
        rows: list[Row] = []
        if fabric.topology == "tree":
            rows += _tree(fabric)
        elif plane is not None:
            homing = homing_rows(fabric, compute)
            rows += homing or (nic_rows(fabric, nics, tables) if compute else [])
            rows += shape_rows(fabric)
        if model is not None and fabric.topology != "tree":
            rows += cage_rows(fabric, model)
        rows += [*_core(fabric), *_infiniband(fabric), *_adaptive(fabric, model)]
        for key, found, expected, hint in rows:
            _say(doc, name, key, found, expected, hint)


def _say(doc: Document, name: str, key: str, found: str, expected: str, hint: str) -> None:
    """At the key's value where it is written; where it is a default, at the fabric."""
    path = ("fabrics", name, *key.split("."))
    written = path in doc.places
    doc.say(path, expected, hint, found=None if written else f"the default {found}")


def _written(fabric: Fabric, key: str) -> str | None:
    """The value as text where the file has the key."""
    return f"{getattr(fabric, key)}" if key in fabric.model_fields_set else None


def _tree(fabric: Fabric) -> list[Row]:
    return [
        (key, found, f"no {key} here", "an out-of-band tree has neither rails nor spines to size by hand")
        for key in _NOT_ON_A_TREE
        if (found := _written(fabric, key)) is not None
    ]


def _core(fabric: Fabric) -> list[Row]:
    """A ratio above the spines where there is no core; more bandwidth up than down."""
    found = _written(fabric, "core_oversubscription")
    if found is None or fabric.topology == "tree":
        return []
    down, up = (int(part) for part in found.split(":"))
    if fabric.tiers == 2:
        return [("core_oversubscription", found, "no core_oversubscription", "two tiers have no core")]
    if down < up:
        return [("core_oversubscription", found, f'at least "1:1", such as "{up}:{down}"', "")]
    return []


def _infiniband(fabric: Fabric) -> list[Row]:
    """Keys of routed Ethernet on InfiniBand, and the other way round."""
    rows: list[Row] = []
    manager = fabric.subnet_manager
    if fabric.kind == "infiniband":
        hints = {
            "isolation": "a subnet manager keeps planes and tenants apart by partitions",
            "underlay": "links between InfiniBand switches have no addresses",
        }
        for key, hint in hints.items():
            if (found := _written(fabric, key)) is not None:
                rows.append((key, found, f"no {key} here", hint))
    elif manager is not None:
        hint = f"the fabric is {fabric.kind}"
        rows.append(("subnet_manager", "a subnet manager", "no subnet_manager here", hint))
    if manager is not None and manager.engine in _VENDOR_ENGINES and manager.flavour != "vendor":
        hint = "the stock opensm has no adaptive routing; flavour: vendor has"
        expected = "ftree, updn, minhop or dfsssp"
        rows.append(("subnet_manager.engine", f"{manager.engine}", expected, hint))
    return rows


def _adaptive(fabric: Fabric, model: SwitchModel | None) -> list[Row]:
    """Adaptive routing where nothing of it can be had."""
    if not fabric.adaptive_routing:
        return []
    if fabric.kind == "infiniband":
        if fabric.subnet_manager is None or fabric.subnet_manager.flavour != "vendor":
            return [("adaptive_routing", "true", "false", "it needs subnet_manager.flavour: vendor")]
        return []
    if fabric.kind != "roce":
        return [("adaptive_routing", "true", "false", "it is for RDMA; the fabric is ethernet")]
    if fabric.nos not in ADAPTIVE_NOS:
        hint = f"{fabric.nos} has none that we can configure; cumulus and eos have"
        return [("adaptive_routing", "true", "false", hint)]
    if model is not None and not model.adaptive_routing:
        return [("adaptive_routing", "true", "false", f"{model.name} is not known to have it")]
    return []
