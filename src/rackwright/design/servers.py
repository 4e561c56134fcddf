"""Servers: places and ports joined with what the fabrics gave them and what the asset list knows."""

from __future__ import annotations

from rackwright.design.draft import Attached, Draft
from rackwright.design.floor import Spot
from rackwright.design.nics import Port, mtu_of
from rackwright.design.places import Place
from rackwright.models.design import Bmc, Nic, Server
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Asset, Tables

_NOTHING = Asset(None, None)


def table_of(port: Port, tables: Tables) -> int | None:
    """Routing table of a port: the plane's first, plus the port's place on the plane (its rail)."""
    first = tables.planes[port.plane].routing_table
    return None if first is None else first + port.step


def mac_of(port: Port, asset: Asset) -> str | None:
    """From the asset list, by the port's own name or, of a NIC's first port, the SKU's."""
    if port.parent is not None:
        return None
    return (asset.nics.get(port.slot.name) if port.port == 0 else None) or asset.nics.get(port.name)


def server(
    place: Place,
    ports: list[Port],
    spec: ClusterSpec,
    tables: Tables,
    draft: Draft,
    spot: Spot,
    tenant: str | None = None,
) -> Server:
    """One server, whole."""
    asset = tables.assets.get(place.name, _NOTHING)
    nics = []
    for port in ports:
        given: Attached | None = draft.attached.get((place.name, port.name))
        if given is None:
            continue
        routed = given.gateway is not None
        nics.append(
            Nic(
                port.name,
                port.plane,
                mac_of(port, asset),
                given.address,
                given.gateway,
                mtu_of(port.plane, spec, tables),
                given.speed_gbps,
                port.rail if port.plane == "compute" else None,
                port.rdma,
                port.pci,
                port.slot.numa,
                table_of(port, tables) if routed else None,
                port.port,
                port.vlan,
                port.parent,
                vendor=tables.nics[port.slot.nic].vendor,
            )
        )
    own = draft.attached[place.name, "bmc"]
    bmc = Bmc(own.address, asset.bmc_mac, asset.serial, own.gateway)
    return Server(
        place.name,
        place.group,
        place.role,
        place.sku.name,
        place.unit,
        place.index,
        place.sku.gpus,
        tuple(nics),
        bmc,
        spot.rack,
        spot.unit,
        tables.gpus[place.sku.gpu].product if place.sku.gpu else None,
        tenant=tenant,
        nvlink_domain=spot.rack if place.sku.nvlink_servers > 1 else None,
    )
