"""Fabrics: their counts, tier by tier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from rackwright.design.draft import Draft
from rackwright.design.nics import lanes_in
from rackwright.design.oob_reasons import oob_reasons
from rackwright.design.places import Place
from rackwright.design.vrfs import isolation_of
from rackwright.models.design import CableKind, FabricDesign, Tier
from rackwright.models.spec import ClusterSpec, Fabric, Nos
from rackwright.models.tables import SwitchModel, Tables

T = TypeVar("T")
_TIERS: tuple[Tier, ...] = ("leaf", "spine", "core", "oob")
_LINKS: tuple[CableKind, ...] = ("host-leaf", "leaf-spine", "spine-core", "oob")


ADAPTIVE_NOS: frozenset[Nos] = frozenset({"cumulus", "eos"})
"""Ethernet: NVUE has `router adaptive-routing` (docs.nvidia.com, NVUE reference), EOS `ip hardware fib
load-balance distribution dynamic` (pyavd's model), SONiC's YANG models nothing yet. InfiniBand: the vendor's
subnet manager has it, linux-rdma's opensm has not."""


def adaptive(fabric: Fabric, model: SwitchModel) -> bool:
    """Adaptive routing as asked, else wherever RDMA runs and switch and NOS have it."""
    if fabric.adaptive_routing is not None:
        return fabric.adaptive_routing
    if fabric.kind == "infiniband":
        return fabric.subnet_manager is not None and fabric.subnet_manager.flavour == "vendor"
    return fabric.kind == "roce" and model.adaptive_routing and fabric.nos in ADAPTIVE_NOS


def fabric_designs(
    spec: ClusterSpec, draft: Draft, tables: Tables, stand: list[Place]
) -> tuple[FabricDesign, ...]:
    """One for each fabric, by name."""
    switches = Counter((switch.fabric, switch.tier) for switch in draft.switches)
    links = Counter((link.fabric, link.kind) for link in draft.links)
    cages = {switch.fabric: switch.model.ports for switch in draft.switches if switch.tier == "leaf"}
    found = []
    for name in sorted(spec.fabrics):
        fabric = spec.fabrics[name]
        found.append(
            FabricDesign(
                name,
                fabric.kind,
                fabric.topology,
                fabric.switch,
                fabric.nos,
                draft.radix[name][0],
                _counts(_TIERS, name, switches),
                _counts(_LINKS, name, links),
                draft.radix[name][1],
                parallel=lanes_in(fabric),
                pods=draft.clos[name].pods if name in draft.clos else draft.pods.get(name, 1),
                isolation=isolation_of(spec, name),
                adaptive_routing=adaptive(fabric, tables.switches[fabric.switch]),
                reasons=oob_reasons(name, spec, tables, stand, draft) if fabric.topology == "tree" else (),
                upper_radix=draft.upper_radix.get(name),
                split=max(1, draft.radix[name][0] // cages.get(name, draft.radix[name][0])),
            )
        )
    return tuple(found)


def _counts(kinds: Iterable[T], name: str, counted: Counter[tuple[str, T]]) -> tuple[tuple[T, int], ...]:
    return tuple((kind, counted[name, kind]) for kind in kinds if counted[name, kind])
