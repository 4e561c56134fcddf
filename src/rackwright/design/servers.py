"""Servers: places and ports joined with what the fabrics gave them and what the asset list knows."""

from __future__ import annotations

from rackwright.design.draft import Attached, Draft
from rackwright.design.floor import Spot
from rackwright.design.nics import Port, mtu_of
from rackwright.design.places import Place
from rackwright.design.pools import FlatPool
from rackwright.models.design import Bmc, Nic, Server
from rackwright.models.spec import ClusterSpec, PlaneName
from rackwright.models.tables import Asset, Tables

_NOTHING = Asset(None, None)


def table_of(plane: PlaneName, rail: int | None, tables: Tables) -> int | None:
    """Routing table of a port: the plane's first, plus the rail."""
    first = tables.planes[plane].routing_table
    return None if first is None else first + (rail or 0)


def server(
    place: Place,
    ports: list[Port],
    spec: ClusterSpec,
    tables: Tables,
    draft: Draft,
    pool: FlatPool,
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
                asset.nics.get(port.slot.name) or asset.nics.get(port.name),
                given.address,
                given.gateway,
                mtu_of(port.plane, spec, tables),
                given.speed_gbps,
                port.rail if port.plane == "compute" else None,
                port.slot.rdma,
                port.slot.pci,
                port.slot.numa,
                table_of(port.plane, port.rail, tables) if routed else None,
                vendor=tables.nics[port.slot.nic].vendor,
            )
        )
    bmc = Bmc(pool.bmc(place.role, place.position), asset.bmc_mac, asset.serial)
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
