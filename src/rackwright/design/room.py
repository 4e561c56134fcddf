"""Room: where every device stands. By position: growth moves nothing.

A unit's leaves stand in its leaf racks; leaves and out-of-band switches that serve the unit (their ``home``)
stand in the upper part of the same racks. A pod's spines have racks in its first bay. All other switches
are in the network room: the first few of each class share a rack, the rest have racks of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rackwright.design.asn import TIERS, lane
from rackwright.design.capacity import Zone, capacity
from rackwright.design.draft import SwitchDraft
from rackwright.design.floor import BAY_UNITS, OOB_UNITS, Floor, Spot, servers_in_domain
from rackwright.design.places import ROLES, Place, groups_of
from rackwright.models.spec import ClusterSpec, Physical
from rackwright.models.tables import ServerSku, SwitchModel, Tables

GUESTS_FROM, LEAF_UNITS, VISITOR_UNITS = 36, 11, 1
"""Racks of so many units keep room at the top of a unit's leaf racks: for leaves of other fabrics, above them
for the unit's out-of-band switches, on top for one that serves leaves of several units."""
SHARED_CLASSES = 8
"""Four fabrics at most times leaf (or out-of-band) and spine have a zone in the shared network rack."""


class Room:
    """Gives every device its spot."""

    def __init__(self, spec: ClusterSpec, tables: Tables, pod_units: Mapping[str, int] | None = None) -> None:
        self.physical: Physical = spec.physical
        compute = spec.planes.get("compute")
        self.compute = compute.fabric if compute is not None else ""
        units = spec.physical.rack_units
        guests = units >= GUESTS_FROM
        lower = units - OOB_UNITS - LEAF_UNITS - VISITOR_UNITS if guests else units
        self.leaf_zone = Zone.of(spec.physical, 1, lower, (2, 3) if guests else (1, 1))
        self.home_zones = {self.compute: self.leaf_zone}
        others = [name for name in sorted(spec.fabrics) if name != self.compute]
        others = [name for name in others if spec.fabrics[name].topology != "tree"]
        for number, name in enumerate(others if guests else []):
            mine = LEAF_UNITS // len(others)
            self.home_zones[name] = Zone.of(
                spec.physical, 1 + lower + number * mine, mine, (1, 4 * len(others))
            )
        for name in spec.fabrics:
            if guests and spec.fabrics[name].topology == "tree":
                self.home_zones[name] = Zone.of(spec.physical, 1 + lower + LEAF_UNITS, OOB_UNITS, (1, 16))
        visitors = VISITOR_UNITS if guests else 0
        self.visitor_zone = Zone.of(spec.physical, units, visitors, (1, 48))
        self.whole = Zone.whole(spec.physical)
        self.pod_units = dict(pod_units or {})
        self.floor = Floor.of(spec, tables, self.leaf_zone, self.pod_units.get(self.compute, BAY_UNITS))
        self.groups = len(groups_of(spec, "gpu"))
        self.fabrics = len(spec.fabrics)
        self.lanes = {role: [name for name, _ in groups_of(spec, role)] for role in ROLES}
        rail = compute is not None and spec.fabrics[compute.fabric].topology == "rail-optimised"
        self.unit_series = self.compute if rail else "net"
        guest_lanes = [lane(spec, name) for name in others]
        self.first_guest = min(guest_lanes, default=-1)
        self.labels = {lane(spec, name): name for name in sorted(spec.fabrics)}
        self.pod_zone = Zone.of(spec.physical, 1, units - OOB_UNITS, (11, 12)) if guests else self.whole
        self._taken: dict[tuple[str, str, int], int] = {}
        self._stride: int | None = None
        self._homes: dict[tuple[int, str, int], int] = {}

    def spots(self, stand: Iterable[Place], switches: Iterable[SwitchDraft]) -> dict[str, Spot]:
        """Every device's spot, by name."""
        found = {place.name: self.server(place) for place in stand}
        switches = tuple(switches)
        self._stride = self._pod_stride(switches)
        self._homes = {
            (row.place, row.tier, row.position): row.home for row in switches if row.home is not None
        }
        return found | {switch.name: self.switch(switch) for switch in switches}

    def server(self, place: Place) -> Spot:
        """As many servers in a rack as its units, power and weight allow; an NVLink domain fills a rack."""
        sku, index = place.sku, place.index - 1
        per_rack = servers_in_domain(sku.nvlink_servers)
        if per_rack:
            number, slot = divmod(index, per_rack)
            unit = 1 + slot * sku.rack_units + _domain_gap(sku, slot)
        else:
            per_rack = max(1, capacity(sku.rack_units, sku.power_w, sku.weight_kg, self.whole))
            number, slot = divmod(index, per_rack)
            unit = 1 + slot * sku.rack_units
        if place.unit is None:
            lane = self.lanes[place.role].index(place.group)
            x, y = Floor.other(place.role, lane, number)
            return Spot(f"{place.group}-r{number + 1:02d}", unit, x, y, place.group)
        x, y, row = self.floor.gpu(place.group, place.unit, number)
        return Spot(f"{place.group}-su{place.unit:02d}-r{number + 1:02d}", unit, x, y, row)

    def switch(self, switch: SwitchDraft) -> Spot:
        """Beside its unit, in its pod's racks, or in the network room."""
        model = switch.model
        seat = switch.seat
        if switch.unit is not None and switch.tier == "leaf" and switch.fabric == self.compute:
            seat = seat if seat is not None else switch.rail or 0
            return self._in_unit(switch.unit, seat, model, self.leaf_zone)
        zone = self.home_zones.get(switch.fabric)
        if switch.home is not None and zone is not None and switch.tier in ("leaf", "oob"):
            fits = capacity(model.rack_units, model.power_w, model.weight_kg, zone)
            seat_at_home = self._seat_at_home(switch)
            if seat_at_home < fits * self.floor.leaf_racks:  # beyond that the unit's row is full
                return self._in_unit(switch.home, seat_at_home, model, zone)
        if switch.serves is not None:
            return self._near_served(switch, *switch.serves)
        seat = seat if seat is not None else switch.position
        if switch.pod is not None and switch.tier == "spine" and switch.fabric == self.compute:
            return self._in_pod(switch.pod, *self._seat(seat, model, self.pod_zone))
        # Outside the compute fabric a seat counts inside a pod or beside a unit: the position counts here.
        return self._in_room(switch, switch.position if switch.fabric != self.compute else seat)

    def _in_unit(self, unit: int, seat: int, model: SwitchModel, zone: Zone) -> Spot:
        number, lowest = self._seat(seat, model, zone)
        x, y, row = self.floor.leaf(self.groups, unit, number)
        return Spot(f"{self.unit_series}-su{unit:02d}-r{number + 1:02d}", lowest, x, y, row)

    def _in_pod(self, pod: int, number: int, unit: int) -> Spot:
        """A pod's rack, from 0."""
        x, y = self.floor.pod((pod - 1) * self.pod_units.get(self.compute, 1) + 1, number)
        return Spot(f"{self.compute}-pod{pod:02d}-r{number + 1:02d}", unit, x, y, f"pod{pod:02d}")

    def _near_served(self, switch: SwitchDraft, place: int, tier: str, number: int, ports: int) -> Spot:
        """On top of a pod's racks where it serves the spines of pods, of a unit's where it serves leaves that
        stand with units; else in the network room, a rack for each class of what is served."""
        home = self._homes.get((place, tier, number * ports))
        if home is not None:
            ahead = 0  # those before it that begin in the same unit
            while number > ahead and self._homes.get((place, tier, (number - ahead - 1) * ports)) == home:
                ahead += 1
            model, zone = switch.model, self.visitor_zone
            fits = capacity(model.rack_units, model.power_w, model.weight_kg, zone)
            if place == self.first_guest and ahead < fits * self.floor.leaf_racks:
                return self._in_unit(home, ahead, model, zone)
        if self._stride is not None and tier == "spine" and self.labels.get(place) == self.compute:
            pod = number * ports // self._stride
            ahead = number - -(-pod * self._stride // ports)  # those before it that begin in the same pod
            rack, slot = divmod(ahead, OOB_UNITS)
            if self.pod_zone.units < self.whole.units and switch.model.rack_units == 1:
                return self._in_pod(pod + 1, rack, self.pod_zone.units + 1 + slot)
        kinds = [(-1, ""), *((fabric, name) for fabric in range(4) for name in TIERS)]
        kind = kinds.index((place, tier) if place >= 0 else (-1, ""))
        series, unit = self._seat(number, switch.model, self.whole)
        of = f"{self.labels[place]}-{tier}" if place >= 0 else tier
        x, y, row = Floor.room(4 * len(TIERS), kind + len(kinds) * series)  # behind every class of its own
        return Spot(f"net-{switch.fabric}-{of}-r{series + 1:02d}", unit, x, y, row)

    def _pod_stride(self, switches: Iterable[SwitchDraft]) -> int | None:
        """Positions from a pod's first spine to the next pod's, on the compute fabric; None without pods."""
        first: dict[int, int] = {}
        for switch in switches:
            if switch.pod is not None and switch.tier == "spine" and switch.fabric == self.compute:
                first[switch.pod] = min(first.get(switch.pod, switch.position), switch.position)
        if not first:
            return None
        least, most = min(first), max(first)
        return 1_000_000 if least == most else (first[most] - first[least]) // (most - least)

    def _in_room(self, switch: SwitchDraft, seat: int) -> Spot:
        model = switch.model
        # Cores never share: there are none in a small cluster, and a fabric may gain them.
        if switch.tier != "core":
            units = self.physical.rack_units // SHARED_CLASSES
            kind = switch.place * 2 + (switch.tier == "spine")
            zone = Zone.of(self.physical, 1 + kind * units, units, (1, 2 * self.fabrics))
            shared = capacity(model.rack_units, model.power_w, model.weight_kg, zone)
            if seat < shared:
                x, y, row = Floor.room(-1, 0)
                return Spot("net-r01", zone.first + seat * model.rack_units, x, y, row)
            seat -= shared
        number, unit = self._seat(seat, model, self.whole)
        tier = TIERS.index(switch.tier) if switch.tier in TIERS else 0
        x, y, row = Floor.room(switch.place * len(TIERS) + tier, number)
        return Spot(f"net-{switch.fabric}-{switch.tier}-r{number + 1:02d}", unit, x, y, row)

    def _seat_at_home(self, switch: SwitchDraft) -> int:
        """The seat that the builder gave, else the next one: builders make switches in order of position."""
        if switch.seat is not None:
            return switch.seat
        key = switch.fabric, switch.tier, switch.home or 0
        self._taken[key] = self._taken.get(key, -1) + 1
        return self._taken[key]

    @staticmethod
    def _seat(seat: int, model: SwitchModel, zone: Zone) -> tuple[int, int]:
        """(rack from 0, lowest unit) of a seat in a series of racks."""
        fits = max(1, capacity(model.rack_units, model.power_w, model.weight_kg, zone))
        number, slot = divmod(seat, fits)
        return number, zone.first + slot * model.rack_units


def _domain_gap(sku: ServerSku, slot: int) -> int:
    """Units below a tray that the domain's own equipment fills: a quarter of it at the bottom, half in the
    middle (the NVLink switch trays stand between the compute trays), the rest on top."""
    below = sku.nvlink_extra_units // 4
    middle = sku.nvlink_extra_units // 2 + 1 if sku.nvlink_extra_units else 0
    return below + (middle if slot >= sku.nvlink_servers // 2 + 1 else 0)
