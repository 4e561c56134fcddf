"""design: ClusterSpec and Tables to Design. Pure: no files, no clock, no randomness."""

from __future__ import annotations

import gc

from rackwright.design.bom import bill
from rackwright.design.cables import cabling
from rackwright.design.draft import Attached, Draft, SwitchDraft
from rackwright.design.fabrics import fabric_designs
from rackwright.design.floor import Spot
from rackwright.design.kubernetes import kubernetes_design
from rackwright.design.leafspine import build_leaves
from rackwright.design.limits import power_shortages
from rackwright.design.nics import ports_of
from rackwright.design.oob import build_oob
from rackwright.design.places import places
from rackwright.design.planes import plane_designs
from rackwright.design.pools import shortages
from rackwright.design.racks import racks_of
from rackwright.design.rails import build_rails
from rackwright.design.reasons import explained
from rackwright.design.room import Room
from rackwright.design.servers import server
from rackwright.design.vrfs import Vrfs, tenants_by_group
from rackwright.errors import Shortage, UsageError
from rackwright.models.design import Design, End, Switch
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables

_BUILDERS = {"rail-optimised": build_rails, "leaf-spine": build_leaves, "tree": build_oob}


def design(spec: ClusterSpec, tables: Tables) -> Design:
    """Everything that follows from a cluster file.

    :raises UsageError: when something does not fit (load reports the same with its place in the file).
    """
    collecting = gc.isenabled()
    gc.disable()  # millions of objects and no cycle among them: looking for some takes a third of the time
    try:
        return _design(spec, tables)
    finally:
        if collecting:
            gc.enable()


def _design(spec: ClusterSpec, tables: Tables) -> Design:
    _refuse(shortages(spec, tables))
    stand, vrfs = places(spec, tables), Vrfs.of(spec)
    draft = Draft(vrfs=vrfs)
    ports = {group: ports_of(group, spec, tables) for group in sorted(spec.machines)}
    for topology in ("rail-optimised", "leaf-spine", "tree"):  # the tree last: it plugs in every other switch
        for name in sorted(spec.fabrics):
            if spec.fabrics[name].topology == topology:
                _BUILDERS[topology](name, spec, tables, stand, ports, draft)
    spots = Room(spec, tables, draft.pod_units).spots(stand, draft.switches)
    owner = tenants_by_group(spec)
    servers = tuple(
        server(place, ports[place.group], spec, tables, draft, spots[place.name], owner.get(place.group))
        for place in stand
    )
    switches = tuple(_switch(drawn, spots[drawn.name], draft, tables) for drawn in draft.switches)
    racks = racks_of(stand, draft.switches, spots, spec.physical)
    _refuse(power_shortages(racks, spec.physical))
    wired = cabling(spec, tables, draft, stand, ports, spots)
    lines, unknown = bill(servers, switches, wired, tables, spec.physical.spares_percent)
    return Design(
        spec,
        plane_designs(spec, tables, stand, ports),
        explained(fabric_designs(spec, draft, tables, stand), spec, tables, stand, ports),
        servers,
        switches,
        tuple(wired.cables),
        racks,
        lines,
        draft.attached["controller", "eth0"].address,
        draft.attached["depot", "eth0"].address,
        unknown,
        vrfs=vrfs.rows,
        guids={
            End(name, port): guid
            for name, asset in tables.assets.items()
            for port, guid in asset.guids.items()
        },
        kubernetes=kubernetes_design(spec, tables, stand, servers),
    )


def _refuse(lacks: list[Shortage]) -> None:
    """
    :raises UsageError: when anything is short.
    """
    if lacks:
        raise UsageError(
            "\n".join(f"{'.'.join(row.path)}: found {row.found}, expected {row.expected}" for row in lacks)
        )


def _switch(drawn: SwitchDraft, spot: Spot, draft: Draft, tables: Tables) -> Switch:
    management = draft.attached.get((drawn.name, "eth0"))
    if management is None:  # a switch of a routed management plane: in band, by its loopback
        assert drawn.loopback is not None  # noqa: S101 - such switches have one
        management = Attached(drawn.loopback, None, 0)
    asset = tables.assets.get(drawn.name)
    mac = asset.nics.get("eth0") if asset is not None else None
    ordered = tuple(port for _, port in sorted(drawn.ports, key=lambda pair: pair[0]))
    return Switch(
        drawn.name,
        drawn.fabric,
        drawn.kind,
        drawn.tier,
        drawn.model.name,
        drawn.nos,
        drawn.unit,
        drawn.rail,
        drawn.index,
        drawn.asn,
        drawn.loopback,
        management.address,
        ordered,
        spot.rack,
        spot.unit,
        drawn.pod,
        drawn.lane,
        gateway=management.gateway,
        mac=mac,
    )
