"""Attachment: can the NICs' ports and the switches' cages be divided and joined as the fabrics say?"""

from __future__ import annotations

from collections.abc import Iterable

from rackwright.design.places import groups_of, unit_size
from rackwright.errors import Shortage
from rackwright.models.spec import ClusterSpec, Fabric, MachineGroup
from rackwright.models.tables import SwitchModel, Tables


def attachment_misfits(spec: ClusterSpec, tables: Tables) -> list[Shortage]:
    """Each fabric's keys that its NICs, its switch or its topology cannot keep. Load says the same with the
    functions below, for parts of a file that is wrong elsewhere."""
    found: list[Shortage] = []
    nics = compute_nics((group for _, group in groups_of(spec, "gpu")), tables)
    compute = spec.planes["compute"].fabric if "compute" in spec.planes else None
    for name, fabric in sorted(spec.fabrics.items()):
        rows = [*homing_rows(fabric, name == compute), *shape_rows(fabric)]
        if name == compute:
            rows += nic_rows(fabric, nics, tables)
        rows += cage_rows(fabric, tables.switches[fabric.switch])
        found += [Shortage(("fabrics", name, key), was, wanted, hint) for key, was, wanted, hint in rows]
    for name, group in groups_of(spec, "gpu"):
        together, size = tables.servers[group.sku].nvlink_servers, unit_size(group, tables)
        if size % together:
            hint = f"{together} servers of {group.sku} share a rack and its NVLink"
            path = ("machines", name, "unit_size")
            found.append(Shortage(path, f"{size}", f"a multiple of {together}", hint))
    return found


Row = tuple[str, str, str, str]
"""Key, found, expected, hint."""


def homing_rows(fabric: Fabric, compute: bool) -> list[Row]:
    ports = f"{fabric.nic_ports}"
    if not compute and (fabric.homing != "single" or fabric.nic_ports > 1):
        key = "homing" if fabric.homing != "single" else "nic_ports"
        hint = "only compute NICs are divided"
        return [(key, f"{getattr(fabric, key)}", "single" if key == "homing" else "1", hint)]
    if fabric.homing == "single" and fabric.nic_ports > 1:
        return [("nic_ports", ports, "1", "several ports of a NIC need homing: dual-tor or parallel")]
    if fabric.homing == "dual-tor" and fabric.nic_ports != 2:
        return [("nic_ports", ports, "2", "a port for each leaf of the pair")]
    if fabric.homing == "parallel" and fabric.nic_ports < 2:
        return [("nic_ports", ports, "2 or more", "a port for each parallel plane")]
    return []


def shape_rows(fabric: Fabric) -> list[Row]:
    rows: list[Row] = []
    if fabric.ports == "shared" and (fabric.topology != "leaf-spine" or fabric.kind == "infiniband"):
        hint = "planes share ports by VLANs, on a leaf-spine fabric of Ethernet"
        rows.append(("ports", "shared", "per-plane", hint))
    if fabric.spine_groups == "rail" and fabric.topology != "rail-optimised":
        rows.append(("spine_groups", "rail", "shared", f"a {fabric.topology} fabric has no rails"))
    for key in ("pod_units", "cores", "core_links"):
        value = getattr(fabric, key)
        if value is not None and fabric.tiers == 2:
            rows.append((key, f"{value}", f"no {key}", "two tiers have neither pods nor cores"))
    return rows


def cage_rows(fabric: Fabric, model: SwitchModel) -> list[Row]:
    """Ways to split a cage that the switch does not have."""
    ways = sorted({1, *model.splits})
    return [
        (key, f"{value}", f"one of {', '.join(map(str, ways))}", f"a cage of {model.name} is split so")
        for key in ("split", "uplink_split")
        if (value := getattr(fabric, key)) is not None and value not in ways
    ]


def compute_nics(groups: Iterable[MachineGroup], tables: Tables) -> list[str]:
    """NIC models on the compute plane, by name; groups of unknown SKUs have none."""
    skus = {
        tables.servers[group.sku].name: tables.servers[group.sku]
        for group in groups
        if group.sku in tables.servers
    }
    return sorted({slot.nic for sku in skus.values() for slot in sku.nics if slot.plane == "compute"})


def nic_rows(fabric: Fabric, nics: Iterable[str], tables: Tables) -> list[Row]:
    """What the compute NICs' makers say about dividing them."""
    return [
        (
            "nic_ports",
            f"{fabric.nic_ports}",
            " or ".join(map(str, ways)),
            f"{nic} is not known to divide otherwise",
        )
        for nic in nics
        if fabric.nic_ports not in (ways := tables.nics[nic].port_splits)
    ]
