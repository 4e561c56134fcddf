"""Planes: what each promises, with its addresses' ranges."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.design.asn import PLANES
from rackwright.design.nics import Port, mtu_of
from rackwright.design.places import Place
from rackwright.design.ranges import ranges
from rackwright.design.vrfs import tag_of
from rackwright.models.design import PlaneDesign
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables
from rackwright.qos.contract import contract_of


def plane_designs(
    spec: ClusterSpec, tables: Tables, stand: list[Place], ports: Mapping[str, list[Port]]
) -> tuple[PlaneDesign, ...]:
    """In their order."""
    shares = ranges(spec, tables, stand, ports)
    return tuple(
        PlaneDesign(
            name,
            spec.planes[name].fabric,
            spec.planes[name].prefix,
            mtu_of(name, spec, tables),
            tuple(
                other for other in PLANES if other in tables.planes[name].may_reach and other in spec.planes
            ),
            prefix6=spec.planes[name].prefix6,
            vlan=tag_of(spec, name),
            roce=contract_of(spec, tables) if name == "compute" else None,
            ranges=tuple(shares[name]),
        )
        for name in PLANES
        if name in spec.planes
    )
