"""Cables: lengths from positions, parts from the catalog by speed, length and the cages at both ends.

Links that share a cage share what is plugged into it: a breakout cable's legs, a twin-port transceiver. So
the longest link of a cage decides for all of them, and for cages at their far ends, until nothing changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rackwright.design.draft import Draft, Link, SwitchDraft
from rackwright.design.floor import Spot
from rackwright.design.nics import Port
from rackwright.design.optics import Choice, Drawer, Plug, Protocol, named, stock
from rackwright.design.places import Place
from rackwright.design.racks import length_m
from rackwright.models.design import Cable, End
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import CableModel, FibreModel, ModuleModel, Tables

Item = CableModel | ModuleModel | FibreModel
Cage = tuple[str, int | str]
"""Device, and cage number (switch) or name (server)."""


@dataclass(slots=True)
class Cabling:
    """All cables, and what has to be bought for them."""

    cables: list[Cable] = field(default_factory=list)
    bought: Counter[tuple[str, Item]] = field(default_factory=Counter)
    """(order number with its length, row of the catalog) and how many."""
    unknown: Counter[tuple[int, bool]] = field(default_factory=Counter)
    """Links without a part, by speed and whether their length is known."""


class Sockets:
    """Which cage a cable end is in, and what kind of cage that is."""

    def __init__(
        self,
        tables: Tables,
        stand: Iterable[Place],
        ports: Mapping[str, list[Port]],
        switches: Iterable[SwitchDraft],
    ) -> None:
        self._group = {place.name: place.group for place in stand}
        self._switch = {switch.name: switch.model for switch in switches}
        self._server: dict[tuple[str, str], tuple[str, Plug]] = {}
        self._plugs: dict[tuple[str, int, int], Plug] = {}
        for group, mine in ports.items():
            self._plan(group, mine, tables)

    def _plan(self, group: str, mine: list[Port], tables: Tables) -> None:
        """Cages of a group's servers: NICs of one model fill cages of ``cage_ports`` in order."""
        order: dict[str, list[str]] = {}
        for port in mine:
            row = order.setdefault(port.slot.nic, [])
            if port.slot.name not in row:
                row.append(port.slot.name)
        split = Counter(port.slot.name for port in mine)
        for port in mine:
            model = tables.nics[port.slot.nic]
            number = order[port.slot.nic].index(port.slot.name) // model.cage_ports
            plug = Plug(model.cage, model.cage_ports * split[port.slot.name])
            self._server[group, port.name] = f"{port.slot.nic}/{number}", plug

    def of(self, end: End, cage: int, split: int) -> tuple[Cage | None, Plug]:
        """The end's cage (None: nobody shares it) and its kind."""
        group = self._group.get(end.device)
        if group is not None:
            if end.port == "bmc":
                return None, _RJ45
            name, plug = self._server[group, end.port]
            return ((end.device, name) if plug.ways > 1 else None), plug
        model = self._switch.get(end.device)
        if model is None or end.port == "eth0":
            return None, _RJ45
        key = model.name, cage > model.ports, split
        if key not in self._plugs:
            form = model.uplink_cage if cage > model.ports and model.uplinks else model.cage
            self._plugs[key] = Plug(form, split)
        return ((end.device, cage) if split > 1 and cage else None), self._plugs[key]


_RJ45 = Plug("rj45")


@dataclass(slots=True)
class _Run:
    """A link on its way to becoming a cable."""

    link: Link
    metres: int
    need: int
    """Metres that its part must reach: the longest link of the cages at its ends."""
    a: Cage | None
    z: Cage | None
    plugs: tuple[Plug, Plug]


def cabling(
    spec: ClusterSpec,
    tables: Tables,
    draft: Draft,
    stand: Iterable[Place],
    ports: Mapping[str, list[Port]],
    spots: Mapping[str, Spot],
) -> Cabling:
    """Every cable, in the order of ``draft.links``. A cable whose far end stands nowhere (the controller, an
    appliance) has neither length nor part."""
    sockets = Sockets(tables, stand, ports, draft.switches)
    runs: list[_Run | None] = []
    for link in draft.links:
        a, z = spots.get(link.a.device), spots.get(link.z.device)
        if a is None or z is None:
            runs.append(None)
            continue
        metres = length_m(a, z)
        near, near_plug = sockets.of(link.a, link.a_cage, link.a_split)
        far, far_plug = sockets.of(link.z, link.z_cage, link.z_split)
        runs.append(_Run(link, metres, metres, near, far, (near_plug, far_plug)))
    _share([run for run in runs if run is not None and (run.a or run.z)])
    protocols: dict[str, Protocol] = {
        name: "infiniband" if fabric.kind == "infiniband" else "ethernet"
        for name, fabric in spec.fabrics.items()
    }
    return _cut(draft.links, runs, protocols, Drawer(tables))


def _share(runs: list[_Run]) -> None:
    """Raise ``need`` to the longest link that shares a cage, and again through those links' other cages."""
    longest: dict[Cage, int] = {}
    changed = True
    while changed:
        changed = False
        for run in runs:
            need = max(longest.get(run.a, 0) if run.a else 0, longest.get(run.z, 0) if run.z else 0, run.need)
            for cage in (run.a, run.z):
                if cage and longest.get(cage, 0) < need:
                    longest[cage] = need
                    changed = True
            run.need = need


def _cut(
    links: list[Link], runs: list[_Run | None], protocols: Mapping[str, Protocol], drawer: Drawer
) -> Cabling:
    found = Cabling()
    filled: set[tuple[Cage, Item]] = set()
    splitters: Counter[tuple[Cage, FibreModel, int]] = Counter()
    for link, run in zip(links, runs, strict=True):
        choice = None
        if run is not None:
            choice = drawer.choose(link.speed_gbps, run.need, *run.plugs, protocols[link.fabric])
        metres = run.metres if run else None
        part = choice.part if choice else None
        found.cables.append(Cable(link.a, link.z, link.fabric, link.kind, link.speed_gbps, metres, part))
        if run is None or choice is None:
            found.unknown[link.speed_gbps, run is not None] += 1
        else:
            _buy(run, choice, found.bought, filled, splitters)
    for (_, fibre, metres), legs in splitters.items():
        found.bought[named(fibre.part, metres), fibre] += -(-legs // fibre.ways)
    return found


def _buy(
    run: _Run,
    choice: Choice,
    bought: Counter[tuple[str, Item]],
    filled: set[tuple[Cage, Item]],
    splitters: Counter[tuple[Cage, FibreModel, int]],
) -> None:
    """Count a link's parts; what fills a shared cage is counted with the cage's first link."""

    def plug(cage: Cage | None, name: str, item: Item) -> None:
        if cage is None or (cage, item) not in filled:
            bought[name, item] += 1
            if cage is not None:
                filled.add((cage, item))

    if choice.cable is not None:
        plug(run.a, choice.part, choice.cable)
        return
    if choice.a is None or choice.z is None or choice.fibre is None:
        raise ValueError(f"{choice.part}: neither a cable nor two modules and fibre")
    plug(run.a, choice.a.part, choice.a)
    plug(run.z, choice.z.part, choice.z)
    fibre = choice.fibre
    shared = run.a if choice.a.links > choice.a.fibres else run.z
    if fibre.ways > 1 and shared is not None:
        splitters[shared, fibre, stock(fibre.lengths_m, run.need)] += 1
    else:
        bought[named(fibre.part, stock(fibre.lengths_m, run.metres)), fibre] += choice.fibres
