"""Which ports of a server are cabled, to which fabric, under which kernel name."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.asn import PLANES
from rackwright.design.places import Place, group_rails, rails
from rackwright.design.vrfs import plane_vlan, planes_on
from rackwright.models.spec import ClusterSpec, Fabric, PlaneName
from rackwright.models.tables import NicSlot, Tables

NAME_MAX = 15
"""Characters of a Linux interface name (IFNAMSIZ less the end)."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a server, or a VLAN on it (``parent`` is then the cabled port). ``name`` is the kernel's on
    the fabric's kind."""

    name: str
    plane: PlaneName
    rail: int | None
    slot: NicSlot
    speed_gbps: int
    """Of the NIC's port, whatever is at the other end."""
    port: int = 0
    """Of the NIC, from 0."""
    rdma: str | None = None
    pci: str | None = None
    step: int = 0
    """Place among the server's ports on the plane: its routing table is the plane's first plus this."""
    vlan: int | None = None
    parent: str | None = None


def lanes_in(fabric: Fabric) -> int:
    """Parallel planes of a fabric."""
    return fabric.nic_ports if fabric.homing == "parallel" else 1


def sides_in(fabric: Fabric) -> int:
    """Leaves that the ports of one NIC attach to in one plane of a fabric."""
    return fabric.nic_ports if fabric.homing == "dual-tor" else 1


def kernel_name(name: str, infiniband: bool) -> str:
    """An InfiniBand port is named ``ib...`` and has no Ethernet port suffix.

    >>> kernel_name("enp24s0np0", True)
    'ibp24s0'
    """
    if not infiniband or not name.startswith("en"):
        return name
    stem, _, suffix = name.rpartition("np")
    return "ib" + (stem if stem and suffix.isdigit() else name)[2:]


def ports_of(group: str, spec: ClusterSpec, tables: Tables) -> list[Port]:
    """Ports of every server of a group, in the SKU's order; VLANs behind the port that carries them."""
    machines = spec.machines[group]
    cabled_rails, most = group_rails(machines, tables), rails(spec, tables)
    slots = tables.servers[machines.sku].nics
    renamed = _rdma_names(slots, cabled_rails, spec)
    found: list[Port] = []
    uplinks: dict[str, int] = {}
    for slot in slots:
        if slot.plane is None or slot.plane not in spec.planes:
            continue
        if slot.rail is not None and slot.rail >= cabled_rails:
            continue
        name = spec.planes[slot.plane].fabric
        fabric = spec.fabrics[name]
        infiniband, speed = fabric.kind == "infiniband", tables.nics[slot.nic].speed_gbps
        own = kernel_name(slot.name, infiniband)
        if slot.plane == "compute" and slot.rail is not None and fabric.nic_ports > 1:
            prefix = "ib" if infiniband else "eth"
            for port in range(fabric.nic_ports):
                label = f"p{port}_r{slot.rail}"
                rdma = renamed.get((slot.name, port)) if infiniband else f"roce_{label}"
                pci = f"{slot.pci.rpartition('.')[0]}.{port}" if slot.pci else None
                step = port * most + slot.rail
                part = speed // fabric.nic_ports
                found.append(
                    Port(f"{prefix}_{label}", "compute", slot.rail, slot, part, port, rdma, pci, step)
                )
        elif slot.plane != "compute" and fabric.ports == "shared":
            uplink = uplinks[name] = uplinks.get(name, -1) + 1
            found += _shared(own, slot, speed, uplink, name, spec, renamed.get((slot.name, 0)))
        else:
            rdma = renamed.get((slot.name, 0))
            found.append(Port(own, slot.plane, slot.rail, slot, speed, 0, rdma, slot.pci, _step(slot, found)))
    return found


def _step(slot: NicSlot, found: list[Port]) -> int:
    """A compute port's rail; elsewhere its place among the server's ports on the plane."""
    return slot.rail if slot.rail is not None else sum(port.plane == slot.plane for port in found)


def _shared(
    own: str, slot: NicSlot, speed: int, uplink: int, fabric: str, spec: ClusterSpec, rdma: str | None
) -> list[Port]:
    """A port that carries every plane of its fabric (compute has ports of its own): the first untagged, the
    others in VLANs."""
    first, *others = (plane for plane in planes_on(spec, fabric) if plane != "compute")
    found = [Port(own, first, None, slot, speed, 0, rdma, slot.pci, uplink)]
    for plane in others:
        vlan = plane_vlan(spec, plane)
        name = f"{own}.{vlan}"
        if len(name) > NAME_MAX:
            name = f"v{vlan}u{uplink}"
        found.append(Port(name, plane, None, slot, speed, 0, None, None, uplink, vlan, own))
    return found


def _rdma_names(slots: tuple[NicSlot, ...], most: int, spec: ClusterSpec) -> dict[tuple[str, int], str]:
    """RDMA device by slot and port. On InfiniBand a NIC of several ports shows as several devices, and those
    behind it count on from there; RoCE devices get names of their own."""
    compute = spec.planes.get("compute")
    fabric = spec.fabrics[compute.fabric] if compute else None
    several = fabric.nic_ports if fabric and fabric.kind == "infiniband" else 1
    found: dict[tuple[str, int], str] = {}
    known = [(slot, *_device(slot.rdma)) for slot in slots if slot.rdma]
    taken: dict[str, int] = {}
    for slot, stem, number in sorted(known, key=lambda row: row[1:]):
        cabled = slot.plane == "compute" and slot.rail is not None and slot.rail < most
        for port in range(several if cabled else 1):
            found[slot.name, port] = f"{stem}{number + taken.get(stem, 0) + port}"
        taken[stem] = taken.get(stem, 0) + (several - 1 if cabled else 0)
    return found


def _device(rdma: str | None) -> tuple[str, int]:
    """
    >>> _device("mlx5_10"), _device("bnxt_re3")
    (('mlx5_', 10), ('bnxt_re', 3))
    """
    stem = (rdma or "").rstrip("0123456789")
    return stem, int((rdma or "")[len(stem) :] or 0)


def on_fabric(place: Place, fabric: str, ports: dict[str, list[Port]], spec: ClusterSpec) -> list[Port]:
    """A server's cabled ports on one fabric, by plane and then rail or name."""
    return cabled(ports[place.group], fabric, spec)


def cabled(ports: list[Port], fabric: str, spec: ClusterSpec) -> list[Port]:
    """The same from a group's ports."""
    mine = [port for port in ports if port.parent is None and spec.planes[port.plane].fabric == fabric]
    return sorted(mine, key=lambda port: (PLANES.index(port.plane), port.rail or 0, port.name))


IPOIB_MTU = 2044
"""IP over InfiniBand on a partition of 2048 bytes, the default, less 4 of header (RFC 4391)."""


def mtu_of(plane: PlaneName, spec: ClusterSpec, tables: Tables) -> int:
    """MTU of hosts' ports: the cluster file's, else the plane file's where the fabric carries it."""
    row = spec.planes[plane]
    if row.mtu is not None:
        return row.mtu
    most = IPOIB_MTU if spec.fabrics[row.fabric].kind == "infiniband" else tables.planes[plane].mtu
    return min(most, tables.planes[plane].mtu)
