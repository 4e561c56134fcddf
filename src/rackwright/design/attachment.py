"""Attachment: can the NICs' ports and the switches' cages be divided and joined as the fabrics say?"""

from __future__ import annotations

from rackwright.design.places import groups_of, unit_size
from rackwright.errors import Shortage
from rackwright.models.spec import ClusterSpec, Fabric
from rackwright.models.tables import Tables


def attachment_misfits(spec: ClusterSpec, tables: Tables) -> list[Shortage]:
    """Each fabric's keys that its NICs, its switch or its topology cannot keep."""
    found: list[Shortage] = []
    compute = spec.planes["compute"].fabric if "compute" in spec.planes else None
    for name, fabric in sorted(spec.fabrics.items()):
        rows = [*_homing(fabric, name == compute), *_shape(fabric)]
        if name == compute:
            rows += _splits(fabric, spec, tables)
        ways = {1, *tables.switches[fabric.switch].splits}
        for key in ("split", "uplink_split"):
            value = getattr(fabric, key)
            if value is not None and value not in ways:
                rows.append((key, f"{value}", f"one of {', '.join(map(str, sorted(ways)))}", fabric.switch))
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


def _homing(fabric: Fabric, compute: bool) -> list[Row]:
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


def _shape(fabric: Fabric) -> list[Row]:
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


def _splits(fabric: Fabric, spec: ClusterSpec, tables: Tables) -> list[Row]:
    """What the compute NICs' makers say about dividing them."""
    rows: list[Row] = []
    for nic in sorted(
        {
            slot.nic
            for _, group in groups_of(spec, "gpu")
            for slot in tables.servers[group.sku].nics
            if slot.plane == "compute"
        }
    ):
        ways = tables.nics[nic].port_splits
        if fabric.nic_ports not in ways:
            hint = f"{nic} is not known to divide otherwise"
            rows.append(
                ("nic_ports", f"{fabric.nic_ports}", f"{' or '.join(str(way) for way in ways)}", hint)
            )
    return rows
