"""Does the management plane fit its prefix, and a routed one its aggregation switches?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rackwright.design.asn import TIERS, lane
from rackwright.design.oob_layout import (
    POD_SPINES,
    SERVICES,
    Above,
    Kind,
    aggregation_model,
    layout_of,
    routed,
)
from rackwright.design.oob_pool import RoutedPool
from rackwright.design.places import ROLES, Place
from rackwright.design.pools import FlatPool, Pool
from rackwright.design.sizing import DoesNotFit
from rackwright.errors import Shortage
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables

_PREFIX = ("planes", "management", "prefix")
_SHORTER = "use a shorter prefix"


def management_misfits(
    spec: ClusterSpec, tables: Tables, stand: list[Place], classes: Mapping[int, int]
) -> list[Shortage]:
    """``classes``: places of switches by class (fabric and tier)."""
    name = spec.planes["management"].fabric
    if not routed(spec, name):
        return _flat(spec, stand, classes)
    try:
        return list(_routed(name, spec, tables, stand, classes))
    except DoesNotFit as problem:
        return [Shortage(("fabrics", name, problem.key), problem.found, problem.expected, problem.hint)]


def _flat(spec: ClusterSpec, stand: list[Place], classes: Mapping[int, int]) -> list[Shortage]:
    pool = FlatPool(Pool.of(spec.planes["management"].prefix))
    found = []
    if (most := max(classes.values(), default=0)) > pool.switches:
        room, need = f"room for {pool.switches} switches of a tier", f"room for {most}"
        found.append(Shortage(_PREFIX, room, need, _SHORTER))
    for role in ROLES:
        most = max((place.position + 1 for place in stand if place.role == role), default=0)
        if most > pool.servers(role):
            room = f"room for {pool.servers(role)} servers of role {role}"
            need = f"room for {most} (units are padded to a power of two)"
            found.append(Shortage(_PREFIX, room, need, _SHORTER))
    return found


def access_switches(
    spec: ClusterSpec, tables: Tables, stand: list[Place], classes: Mapping[int, int]
) -> dict[Kind, int]:
    """Access switches that each series is numbered up to."""
    layout = layout_of(
        tables.switches[spec.fabrics[spec.planes["management"].fabric].switch], spec, tables, stand
    )
    units = max((place.unit or 0 for place in stand), default=0)
    found: dict[Kind, int] = {
        "unit": -(-units // layout.units) if layout.units > 1 else units * layout.per_unit
    }
    control = [place.position + 1 for place in stand if place.role == "control-plane"]
    storage = [place.position + 1 for place in stand if place.role == "storage"]
    found[SERVICES] = max(
        1,
        -(-max(control, default=0) // layout.control),
        -(-max(storage, default=0) // layout.storage),
    )
    rails = {lane(spec, name) for name, row in spec.fabrics.items() if row.topology == "rail-optimised"}
    for number, places in classes.items():
        fabric, tier = number // len(TIERS), TIERS[number % len(TIERS)]
        if places and not (tier == "leaf" and fabric in rails):  # those hang on their unit's switches
            found[fabric, tier] = -(-places // layout.ports)
    return found


def _routed(
    name: str, spec: ClusterSpec, tables: Tables, stand: list[Place], classes: Mapping[int, int]
) -> Iterator[Shortage]:
    model, above = tables.switches[spec.fabrics[name].switch], aggregation_model(spec, name, tables)
    room = Above.of(above, model.uplink_speed_gbps or model.speed_gbps)
    layout = layout_of(model, spec, tables, stand)
    pool = RoutedPool(Pool.of(spec.planes["management"].prefix), layout.ports)
    needed, cages = access_switches(spec, tables, stand, classes), room.cages
    short = [kind for kind, count in needed.items() if count > pool.room(kind)]
    pods = max(-(-count // cages[kind][1]) for kind, count in needed.items())
    if short or pods * POD_SPINES > pool.spines:
        kind = short[0] if short else "unit"
        text = f"room for {pool.room(kind)} subnets of {pool.block} addresses {words(kind)}"
        longest = next(
            length
            for length in range(pool.pool.length, 0, -1)
            if all(
                count <= RoutedPool(Pool(0, length), layout.ports).room(row) for row, count in needed.items()
            )
        )
        hint = f"/{longest} would do; or pin `routed: false` for one bridged network"
        yield Shortage(_PREFIX, text, f"room for {needed[kind]}", hint)
    if pods > room.pods:
        text = f"{above.name}, whose {room.ports} ports carry {room.pods} pods"
        yield Shortage(("fabrics", name, "aggregation"), text, f"a switch that carries {pods} pods")


def words(kind: Kind) -> str:
    """What a series of access switches serves, in words."""
    if kind == "unit":
        return "for scalable units"
    return "for services" if isinstance(kind, str) else f"for {kind[1]} switches"
