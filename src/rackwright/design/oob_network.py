"""The switches of a routed out-of-band network: a subnet with its gateway on each access switch, two
aggregation switches in each pod, cores above several pods. They are the tiers leaf, spine and core."""

from __future__ import annotations

from typing import Literal

from rackwright.design.asn import asn, lane
from rackwright.design.draft import Attached, Draft, Link, SwitchDraft, switch_mtu
from rackwright.design.nics import mtu_of
from rackwright.design.oob_layout import (
    CORES,
    POD_SPINES,
    Above,
    Kind,
    aggregation_model,
    layout_of,
    split_of,
)
from rackwright.design.oob_pool import RoutedPool
from rackwright.design.places import Place
from rackwright.design.pools import Pool
from rackwright.design.ports import port_name
from rackwright.design.vrfs import plane_vlan
from rackwright.models.design import CableKind, End, SwitchPort, Tier
from rackwright.models.spec import ClusterSpec, Nos
from rackwright.models.tables import SwitchModel, Tables

Plugged = Literal["host", "controller"]
Between = Literal["uplink", "downlink"]
_BEHIND = 1_000_000
"""Sorts the gateway behind data ports."""
BRIDGE = "bridge"


def gateway_port(nos: Nos, vlan: int) -> str:
    """Name of the gateway's interface.

    >>> gateway_port("frr", 221), gateway_port("cumulus", 221), gateway_port("eos", 221)
    ('br0', 'vlan221', 'Vlan221')
    """
    if nos == "frr":
        return "br0"
    return f"vlan{vlan}" if nos == "cumulus" else f"Vlan{vlan}"


class Network:
    """The switches, made as far as something is plugged in."""

    def __init__(
        self, name: str, spec: ClusterSpec, tables: Tables, stand: list[Place], draft: Draft
    ) -> None:
        self.name, self.fabric, self.draft = name, spec.fabrics[name], draft
        self.model = tables.switches[self.fabric.switch]
        self.above = aggregation_model(spec, name, tables)
        self.uplink = self.model.uplink_speed_gbps or self.model.speed_gbps
        self.split = split_of(self.above, self.uplink)
        self.room = Above.of(self.above, self.uplink)
        self.cages = self.room.cages
        self.layout = layout_of(self.model, spec, tables, stand)
        self.pool = RoutedPool(Pool.of(spec.planes["management"].prefix), self.layout.ports)
        self.mtu, self.lane = mtu_of("management", spec, tables), lane(spec, name)
        self.vlan = plane_vlan(spec, "management")
        self.access: dict[tuple[Kind, int], SwitchDraft] = {}
        self.spines: dict[tuple[int, int], SwitchDraft] = {}
        self.labels = {lane(spec, other): other for other in spec.fabrics}

    def plug(self, kind: Kind, number: int, port: int, far: End, speed: int) -> None:
        """Cable access port ``port`` (from 0) of a series' switch and give its far end an address."""
        switch = self.access.get((kind, number)) or self._access(kind, number)
        near = port_name(self.fabric.nos, port + 1, model=self.model)
        use: Plugged = "controller" if far.device == "controller" else "host"
        switch.add(port, SwitchPort(near, use, "management", None, self.mtu, speed))
        self.draft.links.append(Link(End(switch.name, near), far, self.name, "oob", speed, a_cage=port + 1))
        address, gateway = self.pool.port(switch.position, port), self.pool.gateway(switch.position).ip
        self.draft.attached[far.device, far.port] = Attached(address, gateway, speed)

    def _access(self, kind: Kind, number: int) -> SwitchDraft:
        """A new access switch, joined to both aggregation switches of its pod."""
        place = self.pool.number(kind, number)
        switch = self._switch(self._label(kind, number), "leaf", self.model, place, number + 1)
        first, share = self.cages[kind]
        pod, cage = divmod(number, share)
        if kind == "unit":
            switch.home = self.layout.home(number)
            switch.seat = number % self.layout.per_unit
        else:
            near = kind if isinstance(kind, tuple) else (-1, kind)
            switch.serves = (*near, number, self.layout.ports)
        switch.add(
            _BEHIND,
            SwitchPort(
                gateway_port(self.fabric.nos, self.vlan),
                "gateway",
                "management",
                self.pool.gateway(place),
                self.mtu,
                self.uplink,
                vlan=self.vlan,
                parent=BRIDGE,
            ),
        )
        for side in range(POD_SPINES):
            spine = self.spines.get((pod, side)) or self._spine(pod, side)
            self._join(spine, first + cage, switch, self.layout.ports + side, "leaf-spine")
        self.access[kind, number] = switch
        return switch

    def _label(self, kind: Kind, number: int) -> str:
        if kind == "unit":
            part = number % self.layout.per_unit if self.layout.units == 1 else 0
            return f"{self.name}-su{self.layout.home(number):02d}-{part + 1:02d}"
        if isinstance(kind, tuple):
            return f"{self.name}-{self.labels[kind[0]]}-{kind[1]}{number + 1:02d}"
        return f"{self.name}-{number + 1:02d}"

    def _spine(self, pod: int, side: int) -> SwitchDraft:
        label = f"{self.name}-pod{pod + 1:02d}-spine-{side + 1:02d}"
        place = pod * POD_SPINES + side
        spine = self._switch(label, "spine", self.above, place, side + 1)
        spine.pod, spine.seat = pod + 1, side
        self.spines[pod, side] = spine
        return spine

    def join_pods(self) -> None:
        """Add the cores, where there are several pods."""
        if len({pod for pod, _ in self.spines}) < 2:
            return
        cores = [
            self._switch(f"{self.name}-core-{place + 1:02d}", "core", self.above, place, place + 1)
            for place in range(CORES)
        ]
        for key in sorted(self.spines):
            for core in cores:
                spine = self.spines[key]
                self._join(core, spine.position, spine, self.room.downlinks + core.position, "spine-core")

    def _join(self, upper: SwitchDraft, down: int, lower: SwitchDraft, up: int, kind: CableKind) -> None:
        """A cable between two tiers. Ports count from 0, those of larger models split."""
        ends = []
        sides: tuple[tuple[SwitchDraft, int, Between], ...] = (
            (upper, down, "downlink"),
            (lower, up, "uplink"),
        )
        for switch, port, use in sides:
            split = self.split if switch.model is self.above else 1
            cage, part = port // split + 1, port % split
            label = port_name(self.fabric.nos, cage, split, part, switch.model)
            switch.add(port, SwitchPort(label, use, None, None, switch_mtu(self.fabric.kind), self.uplink))
            ends.append((End(switch.name, label), cage, split))
        (a, a_cage, a_split), (z, z_cage, z_split) = ends
        self.draft.links.append(Link(a, z, self.name, kind, self.uplink, a_cage, a_split, z_cage, z_split))

    def _switch(self, label: str, tier: Tier, model: SwitchModel, position: int, index: int) -> SwitchDraft:
        made = SwitchDraft(
            label,
            self.name,
            self.fabric.kind,
            tier,
            model,
            self.fabric.nos,
            self.lane,
            position,
            index,
            asn=asn(self.lane, tier, position),
            loopback=self.pool.loopback(tier, position),
            wide=position,
        )
        self.draft.switches.append(made)
        return made
