"""Which ports of a server are cabled, to which fabric, under which kernel name."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.asn import PLANES
from rackwright.design.places import Place, group_rails
from rackwright.models.spec import ClusterSpec, PlaneName
from rackwright.models.tables import NicSlot, Tables


@dataclass(frozen=True, slots=True)
class Port:
    """A cabled port of a server. ``name`` is the kernel's on the fabric's kind."""

    name: str
    plane: PlaneName
    rail: int | None
    slot: NicSlot
    speed_gbps: int
    """Of the NIC, whatever is at the other end."""


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
    """Cabled ports of every server of a group, in the SKU's order."""
    machines = spec.machines[group]
    rails = group_rails(machines, tables)
    found = []
    for slot in tables.servers[machines.sku].nics:
        if slot.plane is None or slot.plane not in spec.planes:
            continue
        if slot.rail is not None and slot.rail >= rails:
            continue
        infiniband = spec.fabrics[spec.planes[slot.plane].fabric].kind == "infiniband"
        speed = tables.nics[slot.nic].speed_gbps
        found.append(Port(kernel_name(slot.name, infiniband), slot.plane, slot.rail, slot, speed))
    return found


def on_fabric(place: Place, fabric: str, ports: dict[str, list[Port]], spec: ClusterSpec) -> list[Port]:
    """A server's ports on one fabric, by plane and then rail or name."""
    mine = [port for port in ports[place.group] if spec.planes[port.plane].fabric == fabric]
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
