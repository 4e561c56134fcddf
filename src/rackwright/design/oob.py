"""Out-of-band fabric: a tree of small switches that bridge the management plane.

The first switch is the root; with U uplink cages it has U children, every other switch U - 1, so that the
tree grows at its edge and no cable moves. Access ports are shared out by what is plugged in: port 1 of the
root is the controller's, then GPU servers (BMC and management port each), storage, control plane, and other
switches' eth0. Larger networks are routed (:mod:`rackwright.design.oob_routed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rackwright.design.asn import lane
from rackwright.design.draft import Attached, Draft, Link, SwitchDraft
from rackwright.design.nics import Port, mtu_of, on_fabric
from rackwright.design.oob_layout import routed
from rackwright.design.oob_routed import build_routed
from rackwright.design.pairs import dense
from rackwright.design.places import Place, largest_unit
from rackwright.design.pools import FlatPool, Pool
from rackwright.design.ports import port_name
from rackwright.models.design import End, SwitchPort
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import SwitchModel, Tables

Use = Literal["host", "downlink", "controller"]
TreeUse = Literal["uplink", "downlink"]
LAST_PORT = 1_000_000
"""Sorts a switch's eth0 behind its data ports."""


@dataclass(frozen=True, slots=True)
class Access:
    """Access ports of one switch, from 0: first port and places of each class."""

    gpu: tuple[int, int]
    storage: tuple[int, int]
    control: tuple[int, int]
    switches: tuple[int, int]
    uplinks: int
    ports: int

    @classmethod
    def of(cls, model: SwitchModel) -> Access:
        """SN2201, 48 ports: 1 controller, 10 GPU, 4 storage and 2 control servers, 15 switches."""
        uplinks = model.uplinks or min(4, model.ports // 4)
        ports = model.ports if model.uplinks else model.ports - uplinks
        storage, control, switches = max(1, ports // 12), max(1, ports // 24), max(1, ports * 15 // 48)
        gpu = (ports - 1 - 2 * storage - 2 * control - switches) // 2
        first = 1 + 2 * gpu
        return cls(
            (1, gpu),
            (first, storage),
            (first + 2 * storage, control),
            (first + 2 * storage + 2 * control, switches),
            uplinks,
            ports,
        )

    def parent(self, number: int) -> tuple[int, int, int]:
        """(parent, the parent's uplink cage, own uplink cage) of switch ``number`` > 0; cages from 0."""
        if number <= self.uplinks:
            return 0, number - 1, 0
        rest = number - self.uplinks - 1
        return 1 + rest // (self.uplinks - 1), 1 + rest % (self.uplinks - 1), 0

    def role(self, place: Place) -> tuple[int, int]:
        return {"gpu": self.gpu, "storage": self.storage, "control-plane": self.control}[place.role]


class Tree:
    """The switches of the tree, made as far as something is plugged in."""

    def __init__(self, name: str, spec: ClusterSpec, tables: Tables, draft: Draft) -> None:
        self.name, self.fabric, self.draft = name, spec.fabrics[name], draft
        self.model = tables.switches[self.fabric.switch]
        self.access = Access.of(self.model)
        self.mtu = mtu_of("management", spec, tables)
        self.lane, self.unit = lane(spec, name), largest_unit(spec, tables)
        self.switches: list[SwitchDraft] = []

    def switch(self, number: int) -> SwitchDraft:
        """Switch ``number`` from 0; it and all before it are made and joined to their parents."""
        while len(self.switches) <= number:
            self._grow()
        return self.switches[number]

    def _grow(self) -> None:
        number, kind = len(self.switches), self.fabric.kind
        label = f"{self.name}-{number + 1:02d}"
        child = SwitchDraft(
            label, self.name, kind, "oob", self.model, self.fabric.nos, self.lane, number, number + 1
        )
        if number:  # near the unit that its first GPU servers are in
            child.home = number * self.access.gpu[1] // self.unit + 1
        self.switches.append(child)
        if number:
            parent_number, down, up = self.access.parent(number)
            parent = self.switches[parent_number]
            speed = self.model.uplink_speed_gbps or self.model.speed_gbps
            ends, cages = [], (self.access.ports + down + 1, self.access.ports + up + 1)
            sides: tuple[tuple[SwitchDraft, int, TreeUse], ...] = (
                (parent, down, "downlink"),
                (child, up, "uplink"),
            )
            for switch, cage, use in sides:
                port = port_name(self.fabric.nos, self.access.ports + cage + 1, model=self.model)
                tree_end = SwitchPort(port, use, "management", None, self.mtu, speed)
                switch.add(self.access.ports + cage, tree_end)
                ends.append(End(switch.name, port))
            link = Link(ends[0], ends[1], self.name, "oob", speed, a_cage=cages[0], z_cage=cages[1])
            self.draft.links.append(link)

    def plug(self, number: int, port: int, far: End, use: Use, speed: int) -> None:
        """Cable an access port (from 0) of switch ``number``."""
        switch = self.switch(number)
        name = port_name(self.fabric.nos, port + 1, model=self.model)
        switch.add(port, SwitchPort(name, use, "management", None, self.mtu, speed))
        self.draft.links.append(Link(End(switch.name, name), far, self.name, "oob", speed, a_cage=port + 1))


def build_oob(
    name: str,
    spec: ClusterSpec,
    tables: Tables,
    servers: list[Place],
    ports: dict[str, list[Port]],
    draft: Draft,
) -> None:
    """Add the tree, the controller's port, every BMC, management NIC and eth0 of the switches made so far."""
    if routed(spec, name):
        build_routed(name, spec, tables, servers, ports, draft)
        return
    tree, pool = Tree(name, spec, tables, draft), FlatPool(Pool.of(spec.planes["management"].prefix))
    access, speed = tree.access, tree.model.speed_gbps
    tree.plug(0, 0, End("controller", "eth0"), "controller", speed)
    draft.attached["controller", "eth0"] = Attached(pool.controller(), None, speed)
    draft.attached["depot", "eth0"] = Attached(pool.depot(), None, speed)
    unit = largest_unit(spec, tables)
    for place in servers:
        first, share = access.role(place)
        number, slot = divmod(dense(place, unit), share)
        tree.plug(number, first + 2 * slot, End(place.name, "bmc"), "host", speed)
        draft.attached[place.name, "bmc"] = Attached(pool.bmc(place.role, place.position), None, speed)
        for port in on_fabric(place, name, ports, spec)[:1]:
            slower = min(port.speed_gbps, speed)
            tree.plug(number, first + 2 * slot + 1, End(place.name, port.name), "host", slower)
            address = pool.server(place.role, place.position)
            draft.attached[place.name, port.name] = Attached(address, None, slower)
    classes = sorted({switch.class_number for switch in draft.switches})
    first, share = access.switches
    for switch in draft.switches:
        row = switch.position * len(classes) + classes.index(switch.class_number)
        tree.plug(row // share, first + row % share, End(switch.name, "eth0"), "downlink", speed)
        address = pool.switch(switch.class_number, switch.position)
        draft.attached[switch.name, "eth0"] = Attached(address, None, speed)
        own = SwitchPort("eth0", "management", "management", address, tree.mtu, speed)
        switch.add(LAST_PORT, own)
    for switch in tree.switches:
        draft.attached[switch.name, "eth0"] = Attached(
            pool.switch(switch.class_number, switch.position), None, speed
        )
    draft.switches += tree.switches
    draft.radix[name] = tree.model.ports + tree.model.uplinks, speed
