"""Small fabrics put together by hand, so that a renderer's test does not depend on how fabrics are sized."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.unit.design.clusters import spec

from rackwright.models.design import (
    Addr,
    Cable,
    Design,
    End,
    FabricDesign,
    PlaneDesign,
    Switch,
    SwitchPort,
    Vrf,
)
from rackwright.render.build import Files
from rackwright.render.nos import maker
from rackwright.render.wiring import Wiring

BASE = 0x0A400000
"""10.64.0.0"""
SPEED = 400
_TIERS = ("leaf", "spine", "core")


class Hand:
    """Switches, joined one cable at a time; ``design()`` at the end."""

    def __init__(self, nos: str = "frr", *, numbered: bool = False, isolation: str = "rules", **keys: Any):
        self.nos, self.numbered, self.isolation, self.keys = nos, numbered, isolation, keys
        self.switches: dict[str, Switch] = {}
        self.ports: dict[str, list[SwitchPort]] = {}
        self.cables: list[Cable] = []
        self.trunks = 0

    def switch(self, name: str, tier: str, pod: int | None = None) -> str:
        number = len(self.switches)
        asn = 4_200_000_000 + _TIERS.index(tier) * 1_000_000 + number
        self.switches[name] = Switch(
            name, "backend", "roce", tier, "sn5600", self.nos, None, None, number + 1, asn,
            Addr(BASE + 0xF0000 + number, 32), Addr(0x0A700010 + number, 16), (), "r1", number + 1, pod,
        )  # fmt: skip
        self.ports[name] = []
        return name

    def join(self, upper: str, lower: str) -> None:
        """A cable; the next free port on either side."""
        names = [f"swp{len(self.ports[name]) + 1}" for name in (upper, lower)]
        low = BASE + 0x80000 + 2 * self.trunks if self.numbered else None
        self.trunks += 1
        for name, port, use, value in ((upper, names[0], "downlink", 0), (lower, names[1], "uplink", 1)):
            address = None if low is None else Addr(low + value, 31)
            self.ports[name].append(SwitchPort(port, use, None, address, 9216, SPEED))
        kind = "spine-core" if self.switches[upper].tier == "core" else "leaf-spine"
        self.cables.append(
            Cable(End(upper, names[0]), End(lower, names[1]), "backend", kind, SPEED, 10, None)
        )

    def host(self, leaf: str, number: int, vrf: str | None = None) -> str:
        """A host's port on a leaf; its /31's upper address is the host's, which is returned."""
        name = f"swp{len(self.ports[leaf]) + 1}"
        low = BASE + 2 * number
        self.ports[leaf].append(SwitchPort(name, "host", "compute", Addr(low, 31), 9216, SPEED, vrf))
        self.cables.append(
            Cable(End(leaf, name), End(f"host-{number}", "eth0"), "backend", "host-leaf", SPEED, 3, None)
        )
        return Addr(low + 1, 31).ip

    def design(self, vrfs: tuple[Vrf, ...] = (), **plane: Any) -> Design:
        ordered = tuple(
            dataclasses.replace(switch, ports=tuple(self.ports[name]))
            for name, switch in self.switches.items()
        )
        tiers = tuple((tier, sum(s.tier == tier for s in ordered)) for tier in _TIERS)
        planes = (PlaneDesign("compute", "backend", "10.64.0.0/12", 9000, (), **plane),)
        fabric = FabricDesign(
            "backend", "roce", "rail-optimised", "sn5600", self.nos, 64, tiers, (), isolation=self.isolation
        )
        changes = {f"fabrics__backend__{key}": value for key, value in self.keys.items()}
        cluster = spec(fabrics__backend__nos=self.nos, **changes)
        return Design(
            cluster, planes, (fabric,), (), ordered, tuple(self.cables), (), (),
            Addr(0x0A700001, 16), Addr(0x0A700002, 16), (), vrfs,
        )  # fmt: skip


def three_tiers(
    nos: str = "frr", vrfs: tuple[Vrf, ...] = (), plane: dict[str, Any] | None = None, **keys: Any
):
    """Two pods of two leaves and two spines, two cores that reach every spine; a host on each leaf."""
    hand = Hand(nos, **keys)
    cores = [hand.switch(f"backend-core-0{number}", "core") for number in (1, 2)]
    host = 0
    for pod in (1, 2):
        spines = [hand.switch(f"backend-pod0{pod}-spine-0{n}", "spine", pod) for n in (1, 2)]
        leaves = [hand.switch(f"backend-su0{pod}-r{rail}", "leaf", pod) for rail in (0, 1)]
        for spine in spines:
            for core in cores:
                hand.join(core, spine)
        for leaf in leaves:
            hand.host(leaf, host, vrfs[0].name if vrfs else None)
            host += 1
            for spine in spines:
                hand.join(spine, leaf)
    return hand.design(vrfs, **(plane or {}))


def rendered(design: Design) -> Files:
    """The switches' files; such a design has no planes and sites enough for the others."""
    wiring = Wiring.of(design)
    return Files({switch.name: maker(switch.nos)(switch, design, wiring) for switch in design.switches}, {})
