"""Floor: where racks stand, in metres, by position: no rack ever moves because the cluster has grown.

::

                  x < 0                       x >= 0
    y >= 0   the network room:          bays of four scalable units: a line for spines of the pods that
             six racks wide for         begin there, then a row for each unit with its leaf racks in the
             each class of switch       middle; bays fill growing squares, so that way grows as the root
    y < 0                               rows of other servers, a row for each group

Rows run along x, the distance of rows holds a cold and half a hot aisle. docs/physical.md has a picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rackwright.design.capacity import Zone, capacity
from rackwright.design.places import ROLES, group_rails, groups_of, unit_size
from rackwright.models.spec import ClusterSpec, MachineRole
from rackwright.models.tables import Tables

RACK_WIDTH_M, ROW_PITCH_M, AISLE_M = 0.6, 3.0, 1.2
"""Width of a cabinet, distance of rows and the aisle between bays (assumptions)."""
OOB_UNITS, OOB_SERVERS = 4, 10
"""Units on top of a unit's leaf racks for out-of-band switches; GPU servers that one of them serves."""
BAY_UNITS, ROOM_RACKS, POD_RACKS = 4, 6, 12
"""Units in a bay; racks side by side for one class of switch in the network room; for the spines of pods in
a bay whose own rows are shorter."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a device stands. x and y in metres on the floor, ``unit`` its lowest rack unit from 1."""

    rack: str
    unit: int
    x: float
    y: float
    row: str = ""


def square(number: int) -> tuple[int, int]:
    """(column, line) of cell ``number`` when cells fill growing squares from a corner.

    >>> [square(n) for n in range(6)]
    [(0, 0), (1, 0), (1, 1), (0, 1), (2, 0), (2, 1)]
    """
    side = math.isqrt(number)
    rest = number - side * side
    return (side, rest) if rest <= side else (2 * side - rest, side)


@dataclass(frozen=True, slots=True)
class Floor:
    """The floor plan of one cluster. Its figures follow from SKUs, rails and the room, none from a count."""

    gpu_racks: dict[str, int]
    """Racks of a full unit, by GPU group."""
    leaf_racks: int
    """Racks for the leaves of a unit."""
    row_racks: int
    """Racks in a row at most."""
    lines: int
    """Rows that a unit takes."""
    bay_racks: int
    """Racks side by side in a bay."""
    pod_lines: int
    """Lines for the spines of pods in each bay."""
    pod_units: int
    """Scalable units in a pod; those of a bay or more where there are no pods."""
    pod_racks: int
    """Racks for the spines of a pod."""

    @classmethod
    def of(cls, spec: ClusterSpec, tables: Tables, leaf_zone: Zone, pod_units: int = BAY_UNITS) -> Floor:
        gpu, rails, largest = {}, 0, 1
        for name, group in groups_of(spec, "gpu"):
            sku = tables.servers[group.sku]
            fits = capacity(sku.rack_units, sku.power_w, sku.weight_kg, Zone.whole(spec.physical))
            per_rack = servers_in_domain(sku.nvlink_servers) or max(1, fits)
            gpu[name] = -(-unit_size(group, tables) // per_rack)
            rails, largest = max(rails, group_rails(group, tables)), max(largest, unit_size(group, tables))
        compute = spec.planes.get("compute")
        leaves, spines, leaf_fits, spine_fits = 1, 1, 1, 1
        if compute is not None and rails:
            fabric = spec.fabrics[compute.fabric]
            model = tables.switches[fabric.switch]
            ways = fabric.nic_ports if fabric.homing != "single" else 1
            ports = model.ports * max((1, *model.splits))
            # At least a quarter of a leaf's fully split ports are for hosts, at most half are uplinks.
            leaves = rails * ways * -(-largest // max(1, ports // 4))
            spines = ports // 2 * ways * (rails if fabric.spine_groups == "rail" else 1)
            figures = model.rack_units, model.power_w, model.weight_kg
            leaf_fits = max(1, capacity(*figures, leaf_zone))
            spine_fits = max(1, capacity(*figures, Zone.whole(spec.physical)))
        leaf_racks = max(-(-leaves // leaf_fits), -(-largest // (OOB_SERVERS * OOB_UNITS)))
        strip = max(gpu.values(), default=0) + leaf_racks
        row = min(strip, spec.physical.racks_per_row or strip)
        spine_racks = -(-spines // spine_fits)
        wide = max(row, min(spine_racks, POD_RACKS))
        pods = -(-BAY_UNITS // pod_units)  # that can begin in one bay
        lines = -(-spine_racks * pods // wide)
        return cls(gpu, leaf_racks, row, -(-strip // row), wide, lines, pod_units, spine_racks)

    def _bay(self, unit: int) -> tuple[float, float]:
        """Corner of the bay of a unit (from 1)."""
        column, line = square((unit - 1) // BAY_UNITS)
        wide = self.bay_racks * RACK_WIDTH_M + AISLE_M
        deep = (self.pod_lines + BAY_UNITS * self.lines) * ROW_PITCH_M
        return column * wide, line * deep

    def _in_unit(self, unit: int, place: int) -> tuple[float, float, str]:
        """x, y and row of the rack at ``place`` (from 0) of a unit."""
        x, y = self._bay(unit)
        line, column = divmod(place, self.row_racks)
        if line >= self.lines:  # more leaf racks than the plan knew: the last row grows longer
            line, column = self.lines - 1, place - (self.lines - 1) * self.row_racks
        y += (self.pod_lines + (unit - 1) % BAY_UNITS * self.lines + line) * ROW_PITCH_M
        row = f"su{unit:02d}" if self.lines == 1 else f"su{unit:02d}-{line + 1}"
        return x + column * RACK_WIDTH_M, y, row

    def gpu(self, group: str, unit: int, number: int) -> tuple[float, float, str]:
        """A unit's rack of GPU servers, from 0."""
        half = self.gpu_racks[group] // 2
        return self._in_unit(unit, number if number < half else number + self.leaf_racks)

    def leaf(self, groups: int, unit: int, number: int) -> tuple[float, float, str]:
        """A unit's rack of leaves, from 0: in the middle of its row. ``groups``: GPU groups there are."""
        racks = self.gpu_racks[sorted(self.gpu_racks)[(unit - 1) % groups]] if groups else 0
        place = racks // 2 + number if number < self.leaf_racks else racks + number
        return self._in_unit(unit, place)

    def pod(self, first_unit: int, number: int) -> tuple[float, float]:
        """A rack of a pod's spines, from 0: in the bay where the pod begins, behind others that begin so."""
        x, y = self._bay(first_unit)
        ahead = (first_unit - 1) % BAY_UNITS // self.pod_units
        line, column = divmod(ahead * self.pod_racks + number, self.bay_racks)
        return x + column * RACK_WIDTH_M, y + min(line, self.pod_lines - 1) * ROW_PITCH_M

    @staticmethod
    def room(kind: int, number: int) -> tuple[float, float, str]:
        """Rack ``number`` (from 0) of class ``kind`` in the network room; class -1 is the shared rack."""
        if kind < 0:
            return -RACK_WIDTH_M * (1 + number), 0.0, "net-01"
        line, column = divmod(number, ROOM_RACKS)
        return -RACK_WIDTH_M * (2 + kind * ROOM_RACKS + column), line * ROW_PITCH_M, f"net-{line + 1:02d}"

    @staticmethod
    def other(role: MachineRole, lane: int, number: int) -> tuple[float, float]:
        """A rack of servers outside units; ``lane`` counts the groups of the role."""
        return (number + 1) * RACK_WIDTH_M, -(ROLES.index(role) + 3 * lane) * ROW_PITCH_M


def servers_in_domain(servers: int) -> int:
    """Servers that share a rack because they share NVLink; 0 where NVLink ends at the server."""
    return servers if servers > 1 else 0
