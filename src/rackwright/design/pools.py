"""Pools: how each plane's prefix is shared out by position, and whether it is large enough.

::

    compute                   lower half: a slice for each rail, a block for each unit, a /31 for each server
    other planes              lower half: a block for each leaf, a /31 for each host port
    both (numbered underlay)  the next quarter: a /31 for each link of a leaf; three sixteenths: of a spine
    both                      top sixteenth: loopbacks of the switches, leaves first, last quarter spines
    management (flat)         quarters: controller, depot, switches | BMCs | servers | kept for growth
"""

from __future__ import annotations

from dataclasses import dataclass

from netaddr import IPNetwork

from rackwright.design.places import power_of_two
from rackwright.errors import Shortage
from rackwright.models.design import Addr
from rackwright.models.spec import ClusterSpec, MachineRole
from rackwright.models.tables import Tables

SWITCH_CLASSES = 12
"""Four fabrics at most (one for each plane) times leaf, spine, core."""
CONTROLLER, DEPOT, VIRTUAL = 1, 2, 3
_ROLE_SHARE: dict[MachineRole, tuple[int, int]] = {
    "gpu": (0, 6),
    "control-plane": (6, 7),
    "storage": (7, 8),
}
"""Eighths of a management quarter."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A prefix as integers.

    >>> Pool.of("10.64.0.0/12").size
    1048576
    """

    base: int
    length: int

    @classmethod
    def of(cls, prefix: str) -> Pool:
        net = IPNetwork(prefix)
        return cls(int(net.first), int(net.prefixlen))

    @property
    def size(self) -> int:
        return 1 << (32 - self.length)

    def loopback(self, tier: str, position: int) -> Addr:
        """Of a switch: its place among the fabric's leaves, spines or cores, from 0. Cores count down from
        the end of the spines' quarter, so that either tier may have most of it."""
        room = self.size // 16
        if tier == "core":
            return Addr(self.base + self.size - 2 - position, 32)
        start = self.base + self.size - room + (0 if tier == "leaf" else room * 3 // 4)
        return Addr(start + position, 32)

    def loopbacks(self, tier: str) -> int:
        """How many loopbacks there is room for; spines and cores share theirs."""
        return self.size // 16 * 3 // 4 if tier == "leaf" else self.size // 16 // 4

    def trunk(self, index: int) -> int:
        """The upper switch's address on the link ``index`` between switches, a /31."""
        return self.base + self.size // 2 + 2 * index

    @property
    def trunk_ranges(self) -> tuple[int, int]:
        """First index of the /31 between leaves and spines, and of those between spines and cores."""
        return 0, self.size // 8

    @property
    def trunks(self) -> tuple[int, int]:
        """How many of each there is room for: a quarter and three sixteenths of the addresses."""
        return self.size // 8, self.size // 32 * 3


@dataclass(frozen=True, slots=True)
class RailPool:
    """The compute plane. With several ports to a NIC, port p of rail r has slice ``p * rails + r``."""

    pool: Pool
    rails: int
    """Slices: rails times the ports of a NIC."""
    unit_size: int

    @property
    def rail_room(self) -> int:
        """Addresses in one rail's slice."""
        return self.pool.size // 2 // power_of_two(self.rails)

    @property
    def units(self) -> int:
        """Units that fit."""
        return self.rail_room // (2 * power_of_two(self.unit_size))

    def link(self, rail: int, unit: int, index: int) -> tuple[Addr, Addr]:
        """The leaf's and the NIC's end of a link. Unit and index from 1.

        >>> [str(end) for end in RailPool(Pool.of("10.64.0.0/12"), 4, 4).link(1, 2, 3)]
        ['10.66.0.12/31', '10.66.0.13/31']
        """
        low = self.pool.base + rail * self.rail_room
        low += (unit - 1) * 2 * power_of_two(self.unit_size) + 2 * (index - 1)
        return Addr(low, 31), Addr(low + 1, 31)

    def rail_length(self) -> int:
        """Prefix length of a rail's slice."""
        return 33 - self.rail_room.bit_length()


@dataclass(frozen=True, slots=True)
class LeafPool:
    """A plane on a leaf-spine fabric: a block for each leaf."""

    pool: Pool
    host_ports: int

    @property
    def leaves(self) -> int:
        """Leaves that fit."""
        return self.pool.size // 2 // (2 * power_of_two(self.host_ports))

    def link(self, leaf: int, port: int) -> tuple[Addr, Addr]:
        """The leaf's and the NIC's end of a link. Leaf and port from 0."""
        low = self.pool.base + leaf * 2 * power_of_two(self.host_ports) + 2 * port
        return Addr(low, 31), Addr(low + 1, 31)


@dataclass(frozen=True, slots=True)
class FlatPool:
    """The management plane: one flat network, ranges by position."""

    pool: Pool

    @property
    def _quarter(self) -> int:
        return self.pool.size // 4

    @property
    def _own(self) -> int:
        """Addresses kept for the controller, the depot and other machines of ours."""
        return max(4, min(256, self._quarter // 8))

    def controller(self) -> Addr:
        return Addr(self.pool.base + CONTROLLER, self.pool.length)

    def depot(self) -> Addr:
        return Addr(self.pool.base + DEPOT, self.pool.length)

    def virtual(self) -> Addr:
        """Of Kubernetes' control plane, where the cluster file asks for one."""
        return Addr(self.pool.base + VIRTUAL, self.pool.length)

    @property
    def switches(self) -> int:
        """Switches of one class that fit."""
        return max(0, (self._quarter - self._own - 1) // SWITCH_CLASSES)

    def switch(self, kind: int, position: int) -> Addr:
        """``kind`` is the switch's class (fabric and tier), ``position`` its place in it from 0."""
        return Addr(self.pool.base + self._own + 1 + position * SWITCH_CLASSES + kind, self.pool.length)

    def servers(self, role: MachineRole) -> int:
        """Positions of one role that fit."""
        first, last = _ROLE_SHARE[role]
        return self._quarter * last // 8 - self._quarter * first // 8 - 1

    def bmc(self, role: MachineRole, position: int) -> Addr:
        return self._server(1, role, position)

    def server(self, role: MachineRole, position: int) -> Addr:
        return self._server(2, role, position)

    def _server(self, quarter: int, role: MachineRole, position: int) -> Addr:
        start = self._quarter * _ROLE_SHARE[role][0] // 8
        return Addr(self.pool.base + quarter * self._quarter + start + 1 + position, self.pool.length)


def shortages(spec: ClusterSpec, tables: Tables) -> list[Shortage]:
    """Pools that run out and fabrics without ports enough, by key path; empty when the design fits."""
    from rackwright.design.fit import misfits  # the fabrics' builders use the pools above

    return misfits(spec, tables)
