"""Failure view: what one lost link, switch, fabric plane or pod costs, for each fabric.

Closed forms over the counted structure; no packet is simulated. Each figure is the worst over all elements
of its kind. With ``a`` the Gb/s from a leaf to a spine, ``u`` from a spine to the cores, ``d`` into a spine
from all its leaves:

* a pair of leaves has ``sum(min(a, u))`` over the leaf's spines (``sum(a)`` where the two share spines);
* the bisection is half of what all leaves together can lift to the top tier, ``sum(min(d, u))`` over the
  spines (``sum(d)`` in two tiers). Losses are shares of that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from rackwright.design.cuts import Cuts, cuts
from rackwright.design.lift import Lift, Loss
from rackwright.design.structure import Attached, Structure, structures
from rackwright.models.design import Design


@dataclass(frozen=True, slots=True)
class Failure:
    """The loss of one element of a kind, at worst."""

    element: str
    count: int
    """Elements of this kind."""
    server_percent: float = 0.0
    """Of a server's bandwidth on one plane."""
    leaf_pair_percent: float | None = None
    """Of the bandwidth between two leaves that remain; None where no two remain or none are left to
    compare."""
    bisection_percent: float | None = None
    """Of the fabric's; None where there is no tier above the leaves."""
    servers_cut: int = 0
    """Servers that lose a plane (or their BMC)."""
    nics_cut: int = 0
    """NICs (and BMCs) without a way to the rest of the fabric."""
    switches_cut: int = 0
    """Switches whose management port is cut off (out-of-band fabrics)."""


def failures(design: Design) -> dict[str, tuple[Failure, ...]]:
    """By fabric, from the hosts up."""
    return {name: of_fabric(one) for name, one in structures(design).items()}


def of_fabric(one: Structure) -> tuple[Failure, ...]:
    """Each kind of element that the fabric has."""
    view = _View(one)
    found = [view.host_link()]
    for tier in ("leaf", "spine", "core", "oob"):
        if tier in view.switches:
            found += [view.switch(tier), *view.links_above(tier)]
    if one.fabric.parallel > 1:
        found.append(view.group("fabric plane", one.lanes))
    if one.fabric.pods > 1:
        found.append(view.group("pod", {name: pod for name, pod in one.pods.items() if pod is not None}))
    return tuple(_rounded(row) for row in found)


def _rounded(row: Failure) -> Failure:
    def short(share: float | None) -> float | None:
        return None if share is None else round(100 * share, 4)

    return replace(
        row,
        server_percent=round(100 * row.server_percent, 4),
        leaf_pair_percent=short(row.leaf_pair_percent),
        bisection_percent=short(row.bisection_percent),
    )


class _View:
    """One fabric, with the totals that every figure needs."""

    def __init__(self, one: Structure) -> None:
        self.one, self.lift = one, Lift.of(one)
        self.switches: dict[str, list[str]] = defaultdict(list)
        for name, tier in one.tiers.items():
            self.switches[tier].append(name)
        self.gbps: Counter[tuple[str, str]] = Counter()
        """What a server has on a plane."""
        self.ports: Counter[tuple[str, str]] = Counter()
        """Ports of a NIC."""
        for port in one.attached():
            self.ports[port.server, port.nic] += 1
            for plane in port.planes:
                self.gbps[port.server, plane] += port.speed_gbps
        graph = one.graph()
        single = {pair for pair in one.link_gbps if graph[pair[0]][pair[1]] == one.link_gbps[pair]}
        self.cuts: Cuts = cuts(graph, single, lambda name: len(one.hosts[name]), one.root)

    def lost(self, ports: Iterable[Attached]) -> Failure:
        """What servers lose with these ports."""
        gbps: Counter[tuple[str, str]] = Counter()
        nics: Counter[tuple[str, str]] = Counter()
        for port in ports:
            nics[port.server, port.nic] += 1
            for plane in port.planes:
                gbps[port.server, plane] += port.speed_gbps
        worst = max((lost / self.gbps[key] for key, lost in gbps.items()), default=0.0)
        cut = {server for (server, plane), lost in gbps.items() if lost == self.gbps[server, plane]}
        dark = sum(count == self.ports[key] for key, count in nics.items())
        return Failure("", 0, worst, servers_cut=len(cut), nics_cut=dark)

    def without(self, switches: list[str]) -> Failure:
        """What servers and switches lose when these switches are lost or apart from the rest."""
        row = self.lost(port for name in switches for port in self.one.hosts[name])
        return replace(row, switches_cut=sum(len(self.one.managed.get(name, ())) for name in switches))

    def _kind(self, port: Attached) -> tuple[object, ...]:
        """Ports of one kind cost the same when they are lost."""
        has = [self.gbps[port.server, plane] for plane in port.planes]
        return port.speed_gbps, self.ports[port.server, port.nic], *has

    def host_link(self) -> Failure:
        """A server's cable: the worst server is the one whose plane has fewest."""
        kinds = {self._kind(port): port for port in self.one.attached()}
        worst = max((self.lost([port]) for port in kinds.values()), key=_cost, default=Failure("", 0))
        kind = "server link" if self.one.fabric.topology == "tree" else "host-leaf link"
        pair = 0.0 if self.lift.pairs or self.lift.apart else None
        total = 0.0 if self.lift.total else None
        return replace(
            worst,
            element=kind,
            count=self.one.links["host-leaf"],
            leaf_pair_percent=pair,
            bisection_percent=total,
        )

    def switch(self, tier: str) -> Failure:
        """A switch of a tier, with what it cuts off."""
        rows = [self.without([name, *self.cuts.by_switch.get(name, ())]) for name in self.switches[tier]]
        losses = [self.lift.without_switch(name) for name in self.switches[tier]]
        return _worst("switch" if tier == "oob" else tier, len(rows), rows, losses)

    def links_above(self, tier: str) -> list[Failure]:
        """A cable from this tier to the next."""
        name = {"leaf": "leaf-spine", "spine": "spine-core", "oob": "switch-switch"}.get(tier)
        if name is None or not self.one.links[name]:
            return []
        pairs = [pair for pair in self.one.link_gbps if self.one.tiers[pair[0]] == tier]
        apart = [self.cuts.by_link.get(pair) or self.cuts.by_link.get(pair[::-1], []) for pair in pairs]
        rows = [self.without(part) for part in apart if part] or [Failure("", 0)]
        losses = [self.lift.without_link(*pair, self.one.link_gbps[pair]) for pair in pairs]
        return [_worst(f"{name} link", self.one.links[name], rows, losses)]

    def group(self, element: str, of: dict[str, int] | dict[str, int | None]) -> Failure:
        """All switches with one number: a parallel fabric plane, a pod."""
        members: dict[int | None, list[str]] = defaultdict(list)
        for name, number in of.items():
            members[number].append(name)
        rows = [self.without(names) for names in members.values()]
        losses: list[Loss] = [(None, self.lift.share_of(set(names))) for names in members.values()]
        return _worst(element, len(members), rows, losses)


def _cost(row: Failure) -> tuple[float, int, int]:
    return row.server_percent, row.servers_cut, row.nics_cut


def _worst(element: str, count: int, rows: list[Failure], losses: Sequence[Loss]) -> Failure:
    """The largest of each figure."""

    def most(of: Callable[[Loss], float | None]) -> float | None:
        return max((share for loss in losses if (share := of(loss)) is not None), default=None)

    return Failure(
        element,
        count,
        max(row.server_percent for row in rows),
        most(lambda loss: loss[0]),
        most(lambda loss: loss[1]),
        max(row.servers_cut for row in rows),
        max(row.nics_cut for row in rows),
        max(row.switches_cut for row in rows),
    )
