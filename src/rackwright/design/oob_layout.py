"""Layout of a routed out-of-band network: what an access switch serves, and where its uplinks go.

Everything by position. Switches near a scalable unit serve its servers (BMC and management port each), its
leaves and the leaves that stand there; others serve storage and control plane, or the switches of one class
(fabric and tier). Each access switch has an uplink to both aggregation switches of its pod.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rackwright.design.nics import lanes_in
from rackwright.design.places import Place, largest_unit
from rackwright.design.rails import size_rails
from rackwright.design.sizing import DoesNotFit
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import SwitchModel, Tables

FLAT_SERVERS = 400
"""Servers that one bridged network takes: with their switches some 1,000 addresses in a broadcast domain."""
POD_SPINES, CORES, CORE_CAGES = 2, 2, 4
"""Aggregation switches of a pod, cores above all pods, cages of an aggregation switch kept for cores."""
SERVICES = "services"
Kind = tuple[int, str] | str
"""What a series of access switches serves: ``unit``, ``services``, or a class (fabric's lane, tier)."""
_CAGES: Mapping[Kind, int] = {
    "unit": 40,
    SERVICES: 4,
    (0, "leaf"): 2,
    (0, "spine"): 4,
    (0, "core"): 2,
    (1, "leaf"): 2,
    (1, "spine"): 1,
    (1, "core"): 1,
    (2, "leaf"): 2,
    (2, "spine"): 1,
    (2, "core"): 1,
}
"""Of the 60 downlinks of an aggregation switch with 64 ports."""


def routed(spec: ClusterSpec, fabric: str) -> bool:
    """Is every access switch its own subnet? As the cluster file says, else by the number of servers."""
    row = spec.fabrics[fabric]
    if row.routed is not None:
        return row.routed
    return row.aggregation is not None or sum(g.count for g in spec.machines.values()) > FLAT_SERVERS


def aggregation_model(spec: ClusterSpec, fabric: str, tables: Tables) -> SwitchModel:
    """As the cluster file says, else the slowest of the same maker that takes the access switches' uplinks.

    :raises DoesNotFit: when no switch of the catalog does.
    """
    row = spec.fabrics[fabric]
    access = tables.switches[row.switch]
    speed = access.uplink_speed_gbps or access.speed_gbps
    if row.aggregation is not None:
        chosen = tables.switches[row.aggregation]
        if chosen.kind != "ethernet" or chosen.speed_gbps < speed:
            found = f"{chosen.name}, {chosen.kind} of {chosen.speed_gbps}G"
            raise DoesNotFit("aggregation", found, f"an Ethernet switch of {speed}G or more")
        return chosen
    fits = [
        model
        for model in tables.switches.values()
        if model.kind == "ethernet" and not model.uplinks and model.speed_gbps >= speed
    ]
    best = min(
        fits,
        key=lambda model: (model.vendor != access.vendor, model.speed_gbps, -model.ports, model.name),
        default=None,
    )
    if best is None:
        raise DoesNotFit("aggregation", "none in the catalog", f"an Ethernet switch of {speed}G or more")
    return best


@dataclass(frozen=True, slots=True)
class Layout:
    """Ports of an access switch; ``own`` is the number of leaves that belong to a unit."""

    ports: int
    unit_size: int
    own: int

    @property
    def per_unit(self) -> int:
        """Access switches that a unit has; 1 where several units share one."""
        count = 1
        while 2 * -(-self.unit_size // count) + -(-self.own // count) > self.ports:
            count += 1
        return count

    @property
    def units(self) -> int:
        """Units that share an access switch."""
        return max(1, self.ports // (2 * self.unit_size + self.own))

    def server(self, unit: int, index: int) -> tuple[int, int]:
        """(access switch of the unit series, port of the BMC) of a server; all from 0 but unit and index.
        The management port is the next one.

        >>> Layout(48, 32, 8).server(2, 20), Layout(48, 4, 4).server(3, 2)
        ((3, 6), (0, 26))
        """
        if self.units > 1:
            number, place = divmod(unit - 1, self.units)
            return number, place * (self.ports // self.units) + 2 * (index - 1)
        part, slot = divmod(index - 1, self.servers)
        return (unit - 1) * self.per_unit + part, 2 * slot

    @property
    def servers(self) -> int:
        """Servers of a unit on one access switch."""
        return -(-self.unit_size // self.per_unit)

    @property
    def switches(self) -> int:
        """Switches that a unit's access switches take."""
        if self.units > 1:
            return self.ports // self.units - 2 * self.unit_size
        return self.per_unit * (self.ports - 2 * self.servers)

    def switch(self, unit: int, rank: int) -> tuple[int, int]:
        """(access switch, port) of the unit's switch at ``rank`` from 0, below :attr:`switches`."""
        if self.units > 1:
            number, place = divmod(unit - 1, self.units)
            return number, place * (self.ports // self.units) + 2 * self.unit_size + rank
        number, part = (unit - 1) * self.per_unit, rank % self.per_unit
        return number + part, 2 * self.servers + rank // self.per_unit

    def home(self, number: int) -> int:
        """The (first) unit that an access switch of the unit series serves."""
        return number * self.units + 1 if self.units > 1 else number // self.per_unit + 1

    @property
    def control(self) -> int:
        """Control plane servers on a services switch; port 0 is the controller's."""
        return max(1, self.ports // 12)

    @property
    def storage(self) -> int:
        """Storage servers on a services switch."""
        return max(1, (self.ports - 1 - 2 * self.control) // 2)


def layout_of(model: SwitchModel, spec: ClusterSpec, tables: Tables, stand: list[Place]) -> Layout:
    """Of the cluster, with room for every leaf that its rail-optimised fabrics give a unit."""
    own = 0
    for name, fabric in spec.fabrics.items():
        if fabric.topology == "rail-optimised":
            own += size_rails(name, spec, tables, stand).unit_leaves * lanes_in(fabric)
    ports = model.ports if model.uplinks else model.ports - POD_SPINES
    if (model.uplinks or ports) < POD_SPINES or ports < 8:
        raise DoesNotFit("switch", f"{model.name}, {ports} ports", "at least 8 ports and two uplinks")
    return Layout(ports, largest_unit(spec, tables), own)


@dataclass(frozen=True, slots=True)
class Above:
    """The aggregation switches' ports."""

    ports: int

    @classmethod
    def of(cls, model: SwitchModel, speed: int) -> Above:
        """Cages split as far as they still run at the access switches' speed."""
        return cls(model.ports * split_of(model, speed))

    @property
    def downlinks(self) -> int:
        """Ports for access switches; those behind them are for cores."""
        return self.ports - CORE_CAGES

    @property
    def cages(self) -> dict[Kind, tuple[int, int]]:
        """(first downlink, downlinks) of a pod by what the access switch serves.

        >>> Above(64).cages["unit"], Above(64).cages[0, "spine"]
        ((0, 40), (46, 4))
        """
        room = self.downlinks
        shares = {kind: max(1, room * cages // 60) for kind, cages in _CAGES.items()}
        shares["unit"] = room - sum(count for kind, count in shares.items() if kind != "unit")
        if shares["unit"] < 1:
            raise DoesNotFit("aggregation", f"{self.ports} ports", f"at least {len(_CAGES) + CORE_CAGES}")
        found, first = {}, 0
        for kind, count in shares.items():
            found[kind] = first, count
            first += count
        return found

    @property
    def pods(self) -> int:
        """Pods that the cores take."""
        return self.ports // POD_SPINES


def split_of(model: SwitchModel, speed: int) -> int:
    """Ways to split a cage that leave at least ``speed``."""
    return max([ways for ways in model.splits if model.speed_gbps // ways >= speed], default=1)
