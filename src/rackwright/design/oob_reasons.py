"""Why the out-of-band network has its form, and where its limits are: a sentence each."""

from __future__ import annotations

from rackwright.design.draft import Draft
from rackwright.design.oob_layout import (
    FLAT_SERVERS,
    POD_SPINES,
    Above,
    aggregation_model,
    layout_of,
    routed,
)
from rackwright.design.places import Place
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables


def oob_reasons(
    name: str, spec: ClusterSpec, tables: Tables, stand: list[Place], draft: Draft
) -> tuple[str, ...]:
    """Of the fabric that carries management."""
    servers, pinned = len(stand), spec.fabrics[name].routed is not None
    access = sum(switch.fabric == name and switch.tier in ("leaf", "oob") for switch in draft.switches)
    hosts = sum(link.fabric == name and link.kind == "oob" for link in draft.links)
    if not routed(spec, name):
        if servers > FLAT_SERVERS:
            return (
                f"one bridged network of {access} switches and {hosts} cables, as pinned: a broadcast domain "
                f"for more than {FLAT_SERVERS} servers is not sound; `routed: true` gives each a subnet",
            )
        why = "as pinned" if pinned else f"{servers} servers are no more than {FLAT_SERVERS}"
        hint = "" if pinned else "; write `routed: true` where it will outgrow that: addresses change"
        return (f"one bridged network: {why}{hint}",)
    above = aggregation_model(spec, name, tables)
    room = Above.of(above, tables.switches[spec.fabrics[name].switch].uplink_speed_gbps or above.speed_gbps)
    layout = layout_of(tables.switches[spec.fabrics[name].switch], spec, tables, stand)
    pods = len({switch.pod for switch in draft.switches if switch.fabric == name and switch.tier == "spine"})
    why = "as pinned" if pinned else f"{servers} servers, more than the {FLAT_SERVERS} of a broadcast domain"
    units = room.cages["unit"][1] * room.pods * layout.units // layout.per_unit
    return (
        f"each of {access} access switches is a subnet with its gateway: {why}",
        f"{POD_SPINES} {above.name} for each of {pods} pods, an uplink of every access switch to both",
        f"{above.name} carries {room.pods} pods: {units} units of {layout.unit_size} servers",
    )
