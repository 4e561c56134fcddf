"""Lane: one parallel plane of a fabric while it is built, and what all its switches have in common.

A fabric without parallel planes has one lane. With P lanes every position is multiplied: a switch of lane p
takes place ``position * P + p`` in the ranges of the fabric, so that growth in one lane moves no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rackwright.design.asn import asn, lane
from rackwright.design.draft import Draft, Link, SwitchDraft, switch_mtu
from rackwright.design.nics import lanes_in
from rackwright.design.pools import Pool
from rackwright.design.ports import row
from rackwright.models.design import Addr, CableKind, End, SwitchPort, Tier
from rackwright.models.spec import ClusterSpec, Fabric
from rackwright.models.tables import SwitchModel, Tables

Side = Literal["uplink", "downlink"]
UPLINK = 10_000
"""Sorts a switch's uplinks behind its host ports and downlinks."""


@dataclass(frozen=True, slots=True)
class Row:
    """Ports in a row of equally split cages: their names and, from 0, the cage of each."""

    names: tuple[str, ...]
    first_cage: int
    split: int

    def cage(self, index: int) -> int:
        return self.first_cage + index // self.split


@dataclass(slots=True)
class Lane:
    """One parallel plane of a fabric."""

    name: str
    """The fabric's."""
    fabric: Fabric
    model: SwitchModel
    place: int
    """The fabric's place among fabrics."""
    number: int
    count: int
    pool: Pool
    """Of the fabric's first plane: it lends loopbacks and the switches' /31."""
    draft: Draft
    _shared: dict[tuple[str, Side, int], SwitchPort] = field(default_factory=dict)
    """Ports without an address are equal on all switches, so one object serves them all."""

    @classmethod
    def each(cls, name: str, spec: ClusterSpec, tables: Tables, pool: Pool, draft: Draft) -> list[Lane]:
        """All lanes of a fabric."""
        fabric, count = spec.fabrics[name], lanes_in(spec.fabrics[name])
        model, place = tables.switches[fabric.switch], lane(spec, name)
        return [cls(name, fabric, model, place, number, count, pool, draft) for number in range(count)]

    @property
    def label(self) -> str:
        """What the names of its switches begin with."""
        return self.name if self.count == 1 else f"{self.name}-p{self.number}"

    @property
    def routed(self) -> bool:
        return self.fabric.kind != "infiniband"

    @property
    def mtu(self) -> int:
        return switch_mtu(self.fabric.kind)

    def own(self, position: int) -> int:
        """A position of this lane among the positions of all lanes."""
        return position * self.count + self.number

    def switch(
        self,
        tier: Tier,
        label: str,
        position: int,
        index: int,
        *,
        wide: int | None = None,
        unit: int | None = None,
        rail: int | None = None,
        pod: int | None = None,
        side: int = 0,
        seat: int | None = None,
        home: int | None = None,
    ) -> SwitchDraft:
        """A new switch. ``wide``: its position in the ranges of ASNs and loopbacks, where it differs."""
        place = self.own(position if wide is None else wide)
        return SwitchDraft(
            f"{self.label}-{label}",
            self.name,
            self.fabric.kind,
            tier,
            self.model,
            self.fabric.nos,
            self.place,
            self.own(position),
            index,
            unit,
            rail,
            asn(self.place, tier, place) if self.routed else None,
            self.pool.loopback(tier, place) if self.routed else None,
            seat=None if seat is None else self.own(seat),
            home=home,
            pod=pod,
            lane=self.number + side,
            wide=place,
        )

    def row(self, first_cage: int, split: int, ports: int) -> Row:
        return Row(row(self.fabric.nos, self.model, first_cage, split, ports), first_cage, split)

    def host(
        self,
        leaf: SwitchDraft,
        order: int,
        ports: Row,
        port: SwitchPort,
        far: End,
    ) -> None:
        """Cable a host port, the ``order``-th of a leaf."""
        leaf.ports.append((order, port))
        self.draft.links.append(
            Link(
                End(leaf.name, port.name),
                far,
                self.name,
                "host-leaf",
                port.speed_gbps,
                ports.cage(order),
                ports.split,
            )
        )

    def join(
        self,
        kind: CableKind,
        lower: SwitchDraft,
        near: Row,
        rows: list[tuple[SwitchDraft, int, int, int]],
        far: Row,
        speed: int,
        numbers: tuple[int, int],
    ) -> None:
        """Cable a switch to those above it. ``rows``: (upper switch, number of the lower switch's uplink, its
        port in ``near``, the upper switch's port in ``far``). ``numbers``: first place and places for each
        lower switch in the range of /31 links."""
        first, each = numbers
        numbered = self.fabric.underlay == "numbered" and self.routed
        base = first + lower.wide * each
        links, name, mtu = self.draft.links, self.name, self.mtu
        for upper, up, near_port, far_port in rows:
            low, high = near.names[near_port], far.names[far_port]
            if numbered:
                value = self.pool.trunk(base + up)
                ours = SwitchPort(low, "uplink", None, Addr(value + 1, 31), mtu, speed)
                theirs = SwitchPort(high, "downlink", None, Addr(value, 31), mtu, speed)
            else:
                ours, theirs = self._plain(low, "uplink", speed), self._plain(high, "downlink", speed)
            lower.ports.append((UPLINK + up, ours))
            upper.ports.append((far_port, theirs))
            links.append(
                Link(
                    End(upper.name, high),
                    End(lower.name, low),
                    name,
                    kind,
                    speed,
                    far.first_cage + far_port // far.split,
                    far.split,
                    near.first_cage + near_port // near.split,
                    near.split,
                )
            )

    def _plain(self, name: str, use: Side, speed: int) -> SwitchPort:
        found = self._shared.get((name, use, speed))
        if found is None:
            found = self._shared[name, use, speed] = SwitchPort(name, use, None, None, self.mtu, speed)
        return found
