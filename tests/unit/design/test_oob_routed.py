"""Routed out-of-band networks: everything reachable over two paths, subnets apart, growth moves nothing."""

from __future__ import annotations

import time
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

import networkx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.design.clusters import bent, tables

from rackwright.design.build import design
from rackwright.design.draft import Draft
from rackwright.design.nics import ports_of
from rackwright.design.oob import build_oob
from rackwright.design.oob_layout import FLAT_SERVERS, Above, Layout
from rackwright.design.places import places
from rackwright.design.pools import shortages
from rackwright.models.design import Design
from rackwright.models.spec import ClusterSpec

FREE: dict[str, Any] = {
    "fabrics__backend__spines": None,
    "fabrics__backend__uplink_split": None,
    "fabrics__frontend__hosts_per_leaf": None,
    "fabrics__frontend__spines": None,
    "fabrics__oob__routed": True,
}


def data(count: int, unit: int = 32, rails: int = 8, **changes: Any) -> dict[str, Any]:
    gpu = {"sku": "dgx-h100", "count": count, "rails": rails, "unit_size": unit}
    return bent(**{"machines__gpu": gpu, **FREE, **changes})


def routed(*args: Any, **changes: Any) -> Design:
    return design(ClusterSpec.model_validate(data(*args, **changes)), tables())


def own(plan: Design) -> dict[str, Any]:
    return {switch.name: switch for switch in plan.switches if switch.fabric == "oob"}


@pytest.mark.parametrize("count", [4, 64, 700])
def test_every_device_has_a_port_a_gateway_and_an_address_of_its_subnet(count):
    plan = routed(count)
    switches = own(plan)
    gateways = {
        name: next(port.address for port in switch.ports if port.use == "gateway")
        for name, switch in switches.items()
        if switch.tier == "leaf"
    }
    near = {(c.z.device, c.z.port): c.a.device for c in plan.cables if c.kind == "oob"}
    wanted = {("controller", "eth0"): (plan.controller, None)}
    for server in plan.servers:
        wanted[server.name, "bmc"] = server.bmc.address, server.bmc.gateway
        nic = server.management
        wanted[server.name, nic.name] = nic.address, nic.gateway
    for switch in plan.switches:
        if switch.fabric != "oob":
            wanted[switch.name, "eth0"] = switch.management, switch.gateway
    assert set(near) == set(wanted)
    for end, (address, gateway) in wanted.items():
        here = gateways[near[end]]
        assert IPv4Interface(str(address)).network == IPv4Interface(str(here)).network, end
        assert gateway in (here.ip, None), end
        assert gateway is not None or end[0] == "controller"
    assert IPv4Interface(str(plan.depot)).network == IPv4Interface(str(plan.controller)).network
    values = [address.value for address, _ in wanted.values()] + [plan.depot.value]
    values += [address.value for address in gateways.values()]
    values += [switch.loopback.value for switch in switches.values()]
    assert len(set(values)) == len(values)


@pytest.mark.parametrize("count", [4, 700])
def test_no_aggregation_switch_or_uplink_is_a_single_point_of_failure(count):
    plan = routed(count)
    graph = networkx.Graph()
    for cable in plan.cables:
        if cable.fabric == "oob" and cable.kind != "oob":
            graph.add_edge(cable.a.device, cable.z.device)
    assert networkx.is_connected(graph)
    assert not set(networkx.articulation_points(graph))
    assert not list(networkx.bridges(graph))
    assert {name for name, switch in own(plan).items() if switch.tier == "leaf"} <= set(graph)


def test_subnets_are_apart_and_inside_the_prefix():
    plan = routed(700)
    prefix = IPv4Network(plan.plane("management").prefix)
    nets = [
        IPv4Interface(str(port.address)).network
        for switch in own(plan).values()
        for port in switch.ports
        if port.use == "gateway"
    ]
    assert len(set(nets)) == len(nets)
    assert all(net.subnet_of(prefix) and net.prefixlen == 26 for net in nets)
    loopbacks = [IPv4Network(str(switch.loopback)) for switch in own(plan).values()]
    assert not [lo for lo in loopbacks for net in nets if lo.overlaps(net)]


def test_tiers_names_and_asns():
    plan = routed(2000, planes__management__prefix="10.112.0.0/15")
    switches = own(plan)
    assert {"oob-01", "oob-su01-01", "oob-su01-02", "oob-pod01-spine-01", "oob-core-02"} <= set(switches)
    (fabric,) = [row for row in plan.fabrics if row.name == "oob"]
    tiers = dict(fabric.tiers)
    assert tiers["spine"] == 2 * -(-2 * -(-2000 // 32) // 40)  # 40 access switches of units on a pair
    assert tiers["core"] == 2
    asns = [switch.asn for switch in plan.switches if switch.asn is not None]
    assert len(set(asns)) == len(asns)
    assert all(
        switch.management == switch.loopback and switch.gateway is None for switch in switches.values()
    )


def test_the_default_is_flat_up_to_a_documented_number_of_servers_and_a_key_pins_it():
    others = 3  # control and storage
    for count, tier in ((FLAT_SERVERS - others, "oob"), (FLAT_SERVERS - others + 1, "leaf")):
        plan = routed(count, fabrics__oob__routed=None)
        assert next(iter(own(plan).values())).tier == tier
    assert next(iter(own(routed(500, fabrics__oob__routed=False)).values())).tier == "oob"
    assert next(iter(own(routed(4, fabrics__oob__routed=None, fabrics__oob__aggregation="sn4600c")).values()))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([(1, 1), (4, 4), (20, 8), (32, 8), (40, 7)]),
    st.integers(1, 90),
    st.lists(st.tuples(st.sampled_from(["gpu", "storage", "control"]), st.integers(1, 60)), max_size=4),
)
def test_growth_moves_nothing(shape, count, path):
    unit, rails = shape
    now = data(count, unit, rails, fabrics__backend__spine_links=1, fabrics__backend__spines=8)
    if shortages(ClusterSpec.model_validate(now), tables()):
        return
    plan = design(ClusterSpec.model_validate(now), tables())
    for group, amount in path:
        now["machines"][group]["count"] += amount
        larger = ClusterSpec.model_validate(now)
        if shortages(larger, tables()):
            return
        after = design(larger, tables())
        switches = {switch.name: switch for switch in after.switches}
        for switch in own(plan).values():
            grown = switches[switch.name]
            assert (grown.asn, grown.loopback, grown.rack, grown.rack_unit) == (
                switch.asn,
                switch.loopback,
                switch.rack,
                switch.rack_unit,
            )
            assert set(switch.ports) <= set(grown.ports)
        ends = {(c.a, c.z) for c in after.cables if c.fabric == "oob"}
        assert {(c.a, c.z) for c in plan.cables if c.fabric == "oob"} <= ends
        servers = {server.name: server for server in after.servers}
        for server in plan.servers:
            assert servers[server.name].bmc == server.bmc
            assert servers[server.name].management == server.management
        for switch in plan.switches:
            assert switches[switch.name].management == switch.management
            assert switches[switch.name].gateway == switch.gateway
        assert (after.controller, after.depot) == (plan.controller, plan.depot)
        plan = after


@settings(max_examples=200, deadline=None)
@given(st.integers(8, 64), st.integers(1, 200), st.integers(0, 64), st.integers(1, 9))
def test_a_layout_gives_no_port_twice(ports, unit_size, leaves, units):
    layout = Layout(ports, unit_size, leaves)
    seen: set[tuple[int, int]] = set()
    for unit in range(1, units + 1):
        for index in range(1, unit_size + 1):
            number, port = layout.server(unit, index)
            assert port in range(ports - 1)
            assert layout.home(number) <= unit
            assert not {(number, port), (number, port + 1)} & seen
            seen |= {(number, port), (number, port + 1)}
        assert layout.switches >= leaves
        for rank in range(layout.switches):
            place = layout.switch(unit, rank)
            assert place not in seen
            assert place[1] < ports
            seen.add(place)


def test_downlinks_of_an_aggregation_switch_are_shared_out_whole():
    for ports in (32, 64, 128, 256):
        taken = [first + at for first, count in Above(ports).cages.values() for at in range(count)]
        assert taken == list(range(ports - 4))


@pytest.mark.parametrize(
    ("changes", "path", "expected"),
    [
        ({"planes__management__prefix": "10.112.0.0/20"}, ("planes", "management", "prefix"), "/19 would do"),
        ({"fabrics__oob__aggregation": "sn2201"}, ("fabrics", "oob", "aggregation"), "100G or more"),
        ({"fabrics__oob__aggregation": "qm9700"}, ("fabrics", "oob", "aggregation"), "an Ethernet switch"),
    ],
)
def test_what_does_not_fit_names_the_key(changes, path, expected):
    (lack,) = shortages(ClusterSpec.model_validate(data(1000, **changes)), tables())
    assert lack.path == path
    assert expected in f"{lack.expected}; {lack.hint}"


def test_the_prefix_length_that_is_said_to_do_does():
    for length, fits in ((19, True), (20, False)):
        sized = data(1000, planes__management__prefix=f"10.112.0.0/{length}")
        assert (not shortages(ClusterSpec.model_validate(sized), tables())) is fits


def test_thirty_thousand_ports_take_less_than_two_seconds():
    spec = ClusterSpec.model_validate(
        data(12_288, planes__management__prefix="10.112.0.0/15", planes__compute__prefix="10.128.0.0/9")
    )
    stand, draft = places(spec, tables()), Draft()
    ports = {group: ports_of(group, spec, tables()) for group in spec.machines}
    start = time.process_time()
    build_oob("oob", spec, tables(), stand, ports, draft)
    assert time.process_time() - start < 2
    assert len(draft.links) > 24_576
