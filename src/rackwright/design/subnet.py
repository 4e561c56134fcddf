"""Subnet: how many local identifiers an InfiniBand fabric needs, and how many there are."""

from __future__ import annotations

from rackwright.design.nics import Port, cabled, lanes_in
from rackwright.design.sizing import Clos
from rackwright.errors import Shortage
from rackwright.models.spec import ClusterSpec

MOST_LIDS = 0xBFFF
"""Unicast local identifiers of a subnet: 0x0001 to 0xbfff (InfiniBand Architecture Specification, 3.5.10)."""


def lids(name: str, spec: ClusterSpec, ports: dict[str, list[Port]], leaves: int, clos: Clos) -> int:
    """Adapters and switches of one subnet: a fabric plane, or a rail group where no core joins them.
    ``leaves``: of one fabric plane."""
    fabric = spec.fabrics[name]
    adapters = sum(
        group.count * len(cabled(ports[label], name, spec)) // lanes_in(fabric)
        for label, group in spec.machines.items()
    )
    switches = leaves + clos.spines + clos.cores
    subnets = 1 if clos.core else clos.groups
    return -(-(adapters + fabric.reserved_ports + switches) // subnets)


def lid_shortages(
    name: str, spec: ClusterSpec, ports: dict[str, list[Port]], leaves: int, clos: Clos
) -> list[Shortage]:
    """An InfiniBand fabric that is larger than one subnet."""
    if spec.fabrics[name].kind != "infiniband":
        return []
    needed = lids(name, spec, ports, leaves, clos)
    if needed <= MOST_LIDS:
        return []
    hint = "take kind: roce, or spine_groups: rail in two tiers: each rail is then a subnet of its own"
    found = f"infiniband with {needed:,} adapters and switches in one subnet"
    return [Shortage(("fabrics", name, "kind"), found, f"at most {MOST_LIDS:,} local identifiers", hint)]
