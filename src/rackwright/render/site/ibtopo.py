"""Wiring of InfiniBand subnets for cable validators (topo file) and for ibsim (net file)."""

from __future__ import annotations

from rackwright.models.design import Design
from rackwright.render.infiniband.subnets import subnets
from rackwright.render.infiniband.topo import hca_mapping, net, topo
from rackwright.render.wiring import Wiring


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """Relative path to text."""
    found: dict[str, str] = {}
    for subnet in subnets(design, wiring):
        folder = f"subnet-manager/{subnet.name}"
        found[f"{folder}/fabric.topo"] = topo(subnet)
        found[f"{folder}/fabric.net"] = net(subnet)
        for sku, text in hca_mapping(subnet, design).items():
            found[f"{folder}/hca-mapping-{sku}.csv"] = text
    return found
