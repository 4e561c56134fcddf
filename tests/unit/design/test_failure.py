"""The failure view against brute force: every element is taken away, flows and reach are found anew.

The graph here is built from the cables alone and goes up and then down (no valley), as routing does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations

import networkx as nx
import pytest
from tests.unit.design.clusters import made

from rackwright.design.failure import Failure, failures


def bend(fabric, **keys):
    return {f"fabrics__{fabric}__{key}": value for key, value in keys.items()}


RAILS = {"machines__gpu": {"sku": "dgx-h100", "count": 7, "rails": 3, "unit_size": 4}}
IB = {"kind": "infiniband", "switch": "qm9700", "nos": "opensm"}
DIVIDED = {"machines__gpu": {"sku": "divided", "count": 5, "rails": 2, "unit_size": 2}}
PODS = {"machines__gpu": {"sku": "dgx-h100", "count": 9, "rails": 2, "unit_size": 3}}
TALL = {"tiers": 3, "pod_units": 2, "spines": None}
SHAPES = {
    "lab": {},
    "rails": {**RAILS, "fabrics__backend__spines": 4},
    "one-spine": {**RAILS, "fabrics__backend__spines": 1, "fabrics__frontend__spines": 3},
    "ufm": {"fabrics__backend": {**IB, "topology": "rail-optimised", "reserved_ports": 2, "spines": 2}},
    "many-leaves": {"machines__storage__count": 9, "fabrics__frontend__spines": 4},
    "shared-ports": {"fabrics__frontend__ports": "shared"},
    "dual-tor": {**DIVIDED, **bend("backend", homing="dual-tor", nic_ports=2)},
    "parallel": {**DIVIDED, **bend("backend", homing="parallel", nic_ports=2)},
    "one-pod": {**RAILS, **bend("backend", **TALL)},
    "three-tiers": {**PODS, **bend("backend", **TALL)},
    "three-tiers-7-to-1": {**PODS, **bend("backend", **TALL, core_oversubscription="7:1")},
    "three-tiers-cores": {**PODS, **bend("backend", **TALL, core_links=1)},
    "rail-groups": {**RAILS, **bend("backend", spine_groups="rail")},
    "rail-groups-core": {**PODS, **bend("backend", **TALL, spine_groups="rail")},
    "parallel-pods": {**DIVIDED, **bend("backend", **TALL, homing="parallel", nic_ports=2)},
    "leaf-spine-compute": {**RAILS, **bend("backend", topology="leaf-spine", hosts_per_leaf=6)},
    "routed-tree": {**bend("oob", routed=True)},
    "big-tree": {"machines__gpu": {"sku": "dgx-h100", "count": 40, "rails": 1, "unit_size": 10}},
}
FAR = 10**9
HOST_LINKS = ("server link", "host-leaf link")


class World:
    """One fabric as a list of cables: (upper, lower, Gb/s, number)."""

    def __init__(self, design, fabric):
        self.design, self.fabric = design, fabric
        self.switches = {s.name: s for s in design.switches if s.fabric == fabric.name}
        self.servers = {s.name: s for s in design.servers}
        self.cables = [
            (c.a.device, c.z.device, c.speed_gbps, c.z.port) for c in design.cables if c.fabric == fabric.name
        ]
        self.top = fabric.tiers[-1][0]

    def between(self):
        """Numbers of the cables between switches of the fabric."""
        return [n for n, (a, z, _, _) in enumerate(self.cables) if a in self.switches and z in self.switches]

    def elements(self):
        """(kind, switches lost, cables lost) for everything that may fail."""
        inner = set(self.between())
        host = "server link" if self.fabric.topology == "tree" else "host-leaf link"
        for n, (_, z, _, _) in enumerate(self.cables):
            if n not in inner and z in self.servers:
                yield host, set(), {n}
        for name, switch in self.switches.items():
            yield ("switch" if switch.tier == "oob" else switch.tier), {name}, set()
        names = {"leaf": "leaf-spine link", "spine": "spine-core link", "oob": "switch-switch link"}
        for n in inner:
            yield names[self.switches[self.cables[n][1]].tier], set(), {n}
        for kind, many, number in (
            ("fabric plane", self.fabric.parallel, lambda s: s.lane),
            ("pod", self.fabric.pods, lambda s: s.pod),
        ):
            if many > 1:
                for value in {number(s) for s in self.switches.values()} - {None}:
                    yield kind, {s.name for s in self.switches.values() if number(s) == value}, set()

    def alive(self, switches, cables):
        return [
            cable
            for n, cable in enumerate(self.cables)
            if n not in cables and cable[0] not in switches and cable[1] not in switches
        ]

    def flows(self, cables):
        """(what all leaves can lift to the top, {pair of leaves: Gb/s}) over these cables."""
        if self.top == "oob":
            return 0, {}
        graph = nx.DiGraph()
        leaves = [name for name, switch in self.switches.items() if switch.tier == "leaf"]
        for a, z, gbps, _ in cables:
            if a in self.switches and z in self.switches:
                for edge in (((z, "up"), (a, "up")), ((a, "down"), (z, "down"))):
                    old = graph.edges[edge]["capacity"] if graph.has_edge(*edge) else 0
                    graph.add_edge(*edge, capacity=old + gbps)
        for name, switch in self.switches.items():
            graph.add_edge((name, "up"), (name, "down"), capacity=FAR)
            if switch.tier == "leaf":
                graph.add_edge("all", (name, "up"), capacity=FAR)
            if switch.tier == self.top:
                graph.add_edge((name, "up"), "top", capacity=FAR)
        lift = nx.maximum_flow_value(graph, "all", "top") if {"all", "top"} <= set(graph) else 0
        pairs = {
            (one, other): nx.maximum_flow_value(graph, (one, "up"), (other, "down"))
            for one, other in combinations(leaves, 2)
        }
        return lift, pairs

    def reach(self, cables, lost):
        """(lost share of the worst server's plane, servers cut, NICs cut, switches cut)."""
        graph = nx.Graph()
        graph.add_nodes_from(name for name in self.switches if name not in lost)
        graph.add_edges_from((a, z) for a, z, _, _ in cables if a in self.switches and z in self.switches)
        weight = Counter(a for a, z, _, _ in self.cables if z in self.servers)
        root = next((a for a, z, _, _ in self.cables if z == "controller"), None)
        whole = nx.Graph()
        whole.add_nodes_from(self.switches)
        whole.add_edges_from(
            (a, z) for a, z, _, _ in self.cables if a in self.switches and z in self.switches
        )
        main = set()
        for part in nx.connected_components(whole):
            rests = [rest for rest in nx.connected_components(graph) if rest <= part]
            if root is not None:
                main |= next((rest for rest in rests if root in rest), set())
            elif rests:
                main |= max(rests, key=lambda rest: (sum(weight[name] for name in rest), len(rest)))
        had, has = defaultdict(int), defaultdict(int)
        ports, live = Counter(), Counter()
        for counted, nics, rows in ((had, ports, self.cables), (has, live, cables)):
            for a, z, gbps, port in rows:
                if z in self.servers and (counted is had or a in main):
                    nic, planes = self.nic(z, port)
                    nics[z, nic] += 1
                    for plane in planes:
                        counted[z, plane] += gbps
        managed = {z for a, z, _, _ in self.cables if z not in self.switches and self.managed(z)}
        seen = {z for a, z, _, _ in cables if z in managed and a in main}
        return (
            max((1 - has[key] / had[key] for key in had), default=0.0),
            len({server for server, plane in had if not has[server, plane]}),
            sum(not live[key] for key in ports),
            len(managed - seen),
        )

    def managed(self, name):
        return any(switch.name == name for switch in self.design.switches)

    def nic(self, server, port):
        if port == "bmc":
            return "bmc", ["bmc"]
        nics = self.servers[server].nics
        own = next(nic for nic in nics if nic.name == port)
        return (own.plane, own.rail if own.rail is not None else port), [
            nic.plane for nic in nics if port in (nic.name, nic.parent)
        ]


def brute(design, fabric):
    """The worst of each figure by kind of element, as failures() gives it."""
    world = World(design, fabric)
    lift, pairs = world.flows(world.cables)
    worst = {}
    for kind, switches, cables in world.elements():
        alive = world.alive(switches, cables)
        server, cut, nics, managed = world.reach(alive, switches)
        rest, now = (lift, pairs) if kind in HOST_LINKS else world.flows(alive)
        left = [pair for pair, flow in pairs.items() if flow and not switches & set(pair)]
        pair = max((1 - now[pair] / pairs[pair] for pair in left), default=None)
        if kind in ("fabric plane", "pod"):
            pair = None  # the pairs of what remains lose nothing, by construction
        row = (server, pair, 1 - rest / lift if lift else None, cut, nics, managed)
        count, old = worst.get(kind, (0, row))
        worst[kind] = (count + 1, tuple(biggest(one, other) for one, other in zip(old, row, strict=True)))
    return worst


def biggest(one, other):
    return max((each for each in (one, other) if each is not None), default=None)


def percent(share):
    return None if share is None else round(100 * share, 4)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_closed_form_is_what_brute_force_finds(shape):
    design = made(**SHAPES[shape])
    views = failures(design)
    for fabric in design.fabrics:
        found = {row.element: row for row in views[fabric.name]}
        expected = brute(design, fabric)
        assert list(found) == [kind for kind in found if kind in expected]
        assert set(found) == set(expected)
        for kind, (count, (server, pair, lift, cut, nics, managed)) in expected.items():
            row = found[kind]
            wanted = Failure(
                kind, row.count, percent(server), percent(pair), percent(lift), cut, nics, managed
            )
            assert row == wanted, (shape, fabric.name)
            assert row.count == count or (kind in HOST_LINKS and row.count > count)  # what is no server


def test_a_part_that_hangs_on_one_switch_is_counted():
    """Trees: the root takes everything with it, an inner switch its children."""
    design = made(**SHAPES["big-tree"])
    rows = {row.element: row for row in failures(design)["oob"]}
    servers = len(design.servers)
    assert rows["switch"].servers_cut == servers
    assert 0 < rows["switch-switch link"].servers_cut < servers


def test_a_second_port_of_a_plane_keeps_the_server_on_it():
    rows = {row.element: row for row in failures(made(**RAILS))["backend"]}
    assert rows["leaf"].server_percent == pytest.approx(33.3333)
    assert (rows["leaf"].servers_cut, rows["leaf"].nics_cut) == (0, 4)
