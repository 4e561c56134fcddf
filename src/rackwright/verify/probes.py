"""Which probes each server sends, and what their answers mean: rails, MTU, planes that may and may not talk.

A probe's TTL is one more than the routers that the design puts in its way, so that an answer proves that
the path is no longer than designed; the TTL of the reply says the same of the way back. Who answers a TTL
that ends early names the leaf and the spine. A leak is looked for one way: the reply to a leaked packet may
itself be stopped, so what passes is the own leaf's refusal, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from rackwright.models.design import Design, Nic, Server
from rackwright.models.spec import PlaneName
from rackwright.verify.model import Layer
from rackwright.verify.ways import PROHIBITED, Ways

SMALL = 84
"""Bytes of an ordinary ping packet."""
FAR = 64
"""TTL of a packet that may go anywhere."""
FIRST_TTL = 64
"""TTL that Linux gives its replies."""
MANY_PEERS = 64
"""With more same-rail peers than this, MTU is probed to peers at distances 1, 2, 4, ... only."""
ROUTED: tuple[PlaneName, ...] = ("compute", "storage", "business")


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe and the answers that pass."""

    id: int
    check: str
    layer: Layer
    nic: str
    source: str
    target: str
    """Address."""
    peer: str
    """``device:nic`` of the target."""
    ttl: int
    size: int
    good: frozenset[str]
    """Answers (prober's ``got``) that pass."""
    answered_by: frozenset[str] | None
    """Addresses that may answer; None: not looked at."""
    routers: int | None
    """Routers on the way back, from the reply's TTL; None: not looked at."""
    needs: tuple[str, ...]
    """Elements on the way."""
    expected: str

    def wire(self) -> list[object]:
        """As the prober takes it."""
        return [self.id, self.source, self.target, self.ttl, self.size, self._refused]

    @property
    def _refused(self) -> bool:
        """A router shall refuse it: such probes go out one at a time."""
        return bool(self.good & {"prohibited", "unreachable"})


@dataclass(frozen=True, slots=True)
class _Place:
    server: Server
    nic: Nic
    leaf: str
    leaf_port: str


_Circle = tuple[PlaneName, int | None, int, str | None]
"""Plane, rail, parallel plane of the fabric, tenant."""


class Prober:
    """Plans the probes of a design; indexes it once."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.ways = Ways.of(design)
        far: dict[tuple[str, str], tuple[str, str]] = {}
        for cable in design.cables:
            far[cable.z.device, cable.z.port] = (cable.a.device, cable.a.port)
            far[cable.a.device, cable.a.port] = (cable.z.device, cable.z.port)
        self.places: dict[PlaneName, list[_Place]] = {plane.name: [] for plane in design.planes}
        self.of_server: dict[tuple[str, PlaneName], list[_Place]] = {}
        self.of_rail: dict[_Circle, list[_Place]] = {}
        self.at: dict[tuple[str, str], int] = {}
        """Where a port stands in the list of its rail."""
        for server in design.servers:
            for nic in server.nics:
                if (server.name, nic.name) in far:
                    leaf, port = far[server.name, nic.name]
                    self._add(_Place(server, nic, leaf, port))
        self.loopbacks = {s.name: s.loopback.ip for s in design.switches if s.loopback}
        self.uppers: dict[str, frozenset[str]] = {}
        for fabric in {switch.fabric for switch in design.switches}:
            self.uppers[fabric] = frozenset(
                address.ip
                for s in design.switches
                if s.fabric == fabric and s.tier in ("spine", "core")
                for address in (s.loopback, *(port.address for port in s.ports))
                if address is not None
            )

    def probes(self, server: Server) -> tuple[Probe, ...]:
        """Everything that one server sends."""
        found = [*self._rails(server), *self._planes(server), *self._isolation(server)]
        return tuple(
            Probe(
                number,
                *(getattr(p, f) for f in Probe.__dataclass_fields__ if f != "id"),
            )
            for number, p in enumerate(found)
        )

    def _add(self, place: _Place) -> None:
        nic = place.nic
        rail = self.of_rail.setdefault(self._circle(place), [])
        self.at[place.server.name, nic.name] = len(rail)
        rail.append(place)
        self.places[nic.plane].append(place)
        self.of_server.setdefault((place.server.name, nic.plane), []).append(place)

    def _circle(self, place: _Place) -> _Circle:
        """Ports that must all reach one another: of a plane, a rail, a parallel plane of the fabric and,
        where tenants have VRFs, a tenant."""
        tenant = place.server.tenant if self.ways.isolated(place.leaf) else None
        return place.nic.plane, place.nic.rail, self.ways.lane(place.leaf), tenant

    def _mine(self, server: Server, plane: PlaneName) -> list[_Place]:
        return self.of_server.get((server.name, plane), [])

    def _peers(self, mine: _Place, plane: PlaneName) -> list[_Place]:
        """Ports of other servers on a plane (and rail), the next server first."""
        fellows = self.of_rail[self._circle(mine)]
        at = self.at[mine.server.name, mine.nic.name]
        return [p for p in fellows[at + 1 :] + fellows[:at] if p.server.name != mine.server.name]

    def _path(self, a: _Place, b: _Place) -> tuple[int, tuple[str, ...]]:
        """Routers between two ports and the elements on the way."""
        ends = [f"{a.server.name}:{a.nic.name}", b.server.name, f"{b.server.name}:{b.nic.name}"]
        leaves = [a.leaf, f"{a.leaf}:{a.leaf_port}", b.leaf, f"{b.leaf}:{b.leaf_port}"]
        if a.leaf == b.leaf:
            return 1, tuple(dict.fromkeys(ends + leaves))
        between = self.ways.between(a.leaf, b.leaf)
        return self.ways.routers(a.leaf, b.leaf) or 0, tuple(dict.fromkeys(ends + leaves + between))

    def _echo(self, check: str, layer: Layer, a: _Place, b: _Place, size: int, expected: str) -> Probe:
        routers, needs = self._path(a, b)
        back = routers if a.nic.gateway else 0
        ttl = back + 1
        return Probe(
            0,
            check,
            layer,
            a.nic.name,
            a.nic.address.ip,
            b.nic.address.ip,
            f"{b.server.name}:{b.nic.name}",
            ttl,
            size,
            frozenset({"reply"}),
            None,
            back,
            needs,
            expected,
        )

    def _hop(self, check: str, a: _Place, b: _Place, hop: int, by: frozenset[str], expected: str) -> Probe:
        _, needs = self._path(a, b)
        return Probe(
            0,
            check,
            "rail",
            a.nic.name,
            a.nic.address.ip,
            b.nic.address.ip,
            f"{b.server.name}:{b.nic.name}",
            hop,
            SMALL,
            frozenset({"ttl-exceeded"}),
            by,
            None,
            needs,
            expected,
        )

    def _rails(self, server: Server) -> Iterator[Probe]:
        """Every same-rail peer, one peer on each other rail; the leaf and the spine by name."""
        mine = self._mine(server, "compute")
        for here in mine:
            peers = self._peers(here, "compute")
            for peer in peers:
                way = "its own leaf" if peer.leaf == here.leaf else "a spine"
                yield self._echo("same rail", "rail", here, peer, SMALL, f"a reply through {way}")
            for peer in _sample(peers):
                yield from self._mtu(here, peer)
            if peers and here.nic.gateway:
                own = frozenset({here.nic.gateway, self.loopbacks.get(here.leaf, "")})
                yield self._hop("own leaf", here, peers[0], 1, own, f"{here.leaf} ({here.nic.gateway})")
            for other in mine:
                if other.nic.rail == here.nic.rail:
                    continue
                for peer in self._peers(other, "compute")[:1]:
                    if self.ways.routers(here.leaf, peer.leaf) is None:
                        continue  # rails, or parallel planes, that meet nowhere
                    yield self._echo("other rail", "rail", here, peer, SMALL, "a reply through a spine")
                    if peer.leaf != here.leaf and not self.ways.isolated(here.leaf):
                        uppers = self.uppers[self.ways.fabric[here.leaf]]
                        yield self._hop("through a spine", here, peer, 2, uppers, "a spine's address")

    def _mtu(self, a: _Place, b: _Place) -> Iterator[Probe]:
        size = a.nic.mtu
        yield self._echo("MTU", "pair", a, b, size, f"a reply of {size} bytes, unfragmented")

    def _planes(self, server: Server) -> Iterator[Probe]:
        """The positive counterpart: ports that share a plane, or may reach one another, do; and one byte
        over the MTU does not leave."""
        for plane in self.design.planes:
            for here in self._mine(server, plane.name):
                peers = self._peers(here, plane.name)
                if plane.name != "compute":
                    for peer in peers[:1]:
                        yield self._echo("same plane", "pair", here, peer, SMALL, "a reply")
                        yield from self._mtu(here, peer)
                for peer in peers[:1]:
                    yield self._over(here, peer)
                for other in plane.may_reach:
                    for peer in self._others(server, other):
                        yield self._echo("planes that may talk", "plane", here, peer, SMALL, "a reply")

    def _over(self, a: _Place, b: _Place) -> Probe:
        return Probe(
            0,
            "over the MTU",
            "pair",
            a.nic.name,
            a.nic.address.ip,
            b.nic.address.ip,
            f"{b.server.name}:{b.nic.name}",
            FAR,
            a.nic.mtu + 1,
            frozenset({"too-big-here"}),
            None,
            None,
            (f"{a.server.name}:{a.nic.name}",),
            f"{a.nic.mtu + 1} bytes are refused",
        )

    def _others(self, server: Server, plane: PlaneName) -> list[_Place]:
        """One port of another server on a plane."""
        return list(islice((p for p in self.places.get(plane, ()) if p.server.name != server.name), 1))

    def _isolation(self, server: Server) -> Iterator[Probe]:
        """From each routed port to one address of every plane that it may not reach."""
        for plane in self.design.planes:
            if plane.name not in ROUTED:
                continue
            for here in self._mine(server, plane.name):
                if here.nic.gateway is None:
                    continue
                for other in self.design.planes:
                    if other.name == plane.name or other.name in plane.may_reach:
                        continue
                    for peer in self._others(server, other.name):
                        yield self._refused(here, peer, other.name)

    def _refused(self, a: _Place, b: _Place, plane: PlaneName) -> Probe:
        gateway = frozenset({a.nic.gateway or "", self.loopbacks.get(a.leaf, "")})
        refusal = self.ways.refusal(a.leaf)
        return Probe(
            0,
            "planes apart",
            "plane",
            a.nic.name,
            a.nic.address.ip,
            b.nic.address.ip,
            f"{b.server.name}:{b.nic.name}",
            FAR,
            SMALL,
            refusal,
            gateway if refusal == PROHIBITED else None,
            None,
            (f"{a.server.name}:{a.nic.name}", a.leaf, f"{a.leaf}:{a.leaf_port}"),
            f"{a.nic.plane} may not reach {plane}: refused by {a.leaf}",
        )


def _sample(peers: list[_Place]) -> list[_Place]:
    if len(peers) <= MANY_PEERS:
        return peers
    return [peers[2**n - 1] for n in range(len(peers).bit_length()) if 2**n - 1 < len(peers)]
