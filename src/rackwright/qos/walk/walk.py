"""Walk: every route of a RoCE compute plane, and what it meets."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.design import Design, Server
from rackwright.models.design import End as CableEnd
from rackwright.models.finding import Finding
from rackwright.qos.walk.blame import Split, Wrong, findings
from rackwright.qos.walk.follow import End, Marks, at_port, over_cable
from rackwright.qos.walk.marks import at_host, marks_of
from rackwright.qos.walk.route import Hop, cables, routes, servers, switches
from rackwright.qos.walk.world import Texts, World
from rackwright.render.wiring import Wiring


@dataclass(frozen=True, slots=True)
class Walked:
    """What came of it."""

    findings: tuple[Finding, ...]
    routes: int
    devices: int
    ports: int


def walk(
    design: Design, wiring: Wiring, texts: Texts, buffers: dict[str, int], everything: bool = False
) -> Walked:
    """Follow data, its answers, CNPs and pauses over every route.

    :param texts: a device's files, absolute path to text.
    :param buffers: packet buffer in bytes by switch model, where it is public.
    :param everything: each device, not one of each shape.
    """
    plane = design.plane("compute")
    if plane.roce is None:
        return Walked((), 0, 0, 0)
    world = World(design, wiring, texts, buffers)
    steps = _Steps(world)
    starts = servers(design, everything)
    marks: set[Marks] = set()
    for server in starts:
        marks |= steps.server(server, plane.roce.rdma_mtu)
    count = 0
    for server in starts:
        for route in routes(server, wiring, everything):
            count += 1
            for hop in route.hops:
                steps.hop(hop, marks)
    for switch in switches(design, wiring, plane.fabric, everything):
        for near, far in cables(switch, wiring):
            if everything or world.has_read(far.device):
                steps.hop((near, far), marks)
            else:
                steps.port(near, marks)
    looked: dict[str, int] = {}
    for device, _ in steps.ports:
        looked[device] = looked.get(device, 0) + 1
    found = findings([*steps.wrongs, *world.broken], steps.splits, looked)
    return Walked(tuple(found), count, len(looked), len(steps.ports))


class _Steps:
    """Every port and every cable once, whatever the number of routes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._hops: set[Hop] = set()
        self.ports: set[tuple[str, str]] = set()
        self.wrongs: list[Wrong] = []
        self.splits: list[Split] = []

    def server(self, server: Server, least_mtu: int) -> set[Marks]:
        """What a server contradicts itself in, and what it sends with."""
        picture = self._world.host(server)
        compute = [nic.name for nic in server.on("compute") if nic.name in picture.nics]
        planes = {nic.rdma: nic.plane for nic in server.nics if nic.rdma and nic.parent is None}
        self.wrongs += at_host(server.name, picture, planes, compute, least_mtu)
        sent = set()
        for name in compute:
            marks = marks_of(picture, picture.nics[name])
            if marks.data == marks.cnp:
                found = f"CNPs leave with the data's DSCP {marks.data}"
                self.wrongs.append(Wrong(server.name, name, "cnp", found, "a DSCP of their own"))
            else:
                sent.add(marks)
        return sent

    def hop(self, hop: Hop, marks: set[Marks]) -> None:
        """A cable with the ports at its ends."""
        if hop in self._hops or hop[::-1] in self._hops:
            return
        self._hops.add(hop)
        a, z = (self.port(end, marks) for end in hop)
        if a is not None and z is not None:
            for each in sorted(marks):
                self.splits += over_cable(a, z, each)

    def port(self, end: CableEnd, marks: set[Marks]) -> End | None:
        """A port by itself; None where its device has no picture."""
        seen = self._world.end(end.device, end.port)
        if seen is None or seen.place in self.ports:
            return seen
        self.ports.add(seen.place)
        own = marks
        if seen.nic is not None:
            own = {marks_of(self._world.host(self._world.wiring.servers[end.device]), seen.nic)}
        for each in sorted(row for row in own if row.data != row.cnp):
            self.wrongs += at_port(seen, each)
        return seen
