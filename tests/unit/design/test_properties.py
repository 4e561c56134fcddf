"""What holds in every design, whatever the cluster file says."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from netaddr import IPNetwork
from tests.unit.design.clusters import tables
from tests.unit.design.strategies import clusters

from rackwright.design.build import design
from rackwright.models.design import Design, Switch
from rackwright.models.spec import ClusterSpec

quick = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def made(data: dict[str, Any]) -> Design:
    return design(ClusterSpec.model_validate(data), tables())


def nowhere(device: str) -> bool:
    """Ends that are no device of the design: the controller and appliances on reserved ports."""
    return device == "controller" or device.endswith("-appliance-01")


@quick
@given(clusters())
def test_no_port_is_cabled_twice_and_both_ends_agree(data):
    plan = made(data)
    ends = Counter(end for cable in plan.cables for end in (cable.a, cable.z))
    assert not [end for end, times in ends.items() if times > 1]
    ports = {(s.name, p.name): p.speed_gbps for s in plan.switches for p in s.ports if p.parent is None}
    ports |= {(s.name, n.name): n.speed_gbps for s in plan.servers for n in s.nics if n.parent is None}
    for cable in plan.cables:
        for end in (cable.a, cable.z):
            if not nowhere(end.device) and end.port != "bmc":
                assert ports.pop((end.device, end.port)) == cable.speed_gbps
    assert ports == {}, "a port that no cable reaches"


def cage_of(nos: str, name: str) -> str:
    """The cage in a port's name where the name has it."""
    if nos == "frr":
        return name.partition("s")[0] if not name.startswith("swp") else name[3:].partition("s")[0]
    return name.partition("/")[0]


@quick
@given(clusters())
def test_every_switch_keeps_its_radix(data):
    plan = made(data)
    for switch in plan.switches:
        model = tables().switches[switch.model]
        data_ports = [port for port in switch.ports if port.use != "management" and port.parent is None]
        names = [port.name for port in data_ports]
        assert len(names) == len(set(names))
        most = model.ports * model.speed_gbps + model.uplinks * (model.uplink_speed_gbps or 0)
        assert sum(port.speed_gbps for port in data_ports) <= most
        if switch.nos == "sonic" or switch.tier == "oob":
            continue
        cages: dict[str, list[str]] = {}
        for port in data_ports:
            cages.setdefault(cage_of(switch.nos, port.name), []).append(port.name)
        assert len(cages) <= model.ports + model.uplinks
        for cage, inside in cages.items():
            assert len(inside) <= max((1, *model.splits))
            assert len(inside) == 1 or f"swp{cage}" not in inside, "a split cage has no whole port"


@quick
@given(clusters())
def test_a_leaf_serves_one_rail_of_one_unit_in_one_lane(data):
    plan = made(data)
    servers = {server.name: server for server in plan.servers}
    leaves = {switch.name: switch for switch in plan.switches if switch.tier == "leaf"}
    several = data["fabrics"]["backend"].get("homing", "single") != "single"
    for cable in plan.cables:
        if cable.a.device in leaves and cable.z.device in servers:
            leaf, server = leaves[cable.a.device], servers[cable.z.device]
            nic = next(nic for nic in server.nics if nic.name == cable.z.port)
            if leaf.rail is not None:
                assert (nic.rail, server.unit) == (leaf.rail, leaf.unit)
            if leaf.rail is not None and several:
                assert nic.port == leaf.lane


@quick
@given(clusters())
def test_spines_of_a_rail_meet_that_rail_only(data):
    plan = made(data)
    switches = {switch.name: switch for switch in plan.switches}
    for cable in plan.cables:
        if cable.kind == "leaf-spine" and switches[cable.a.device].rail is not None:
            assert switches[cable.a.device].rail == switches[cable.z.device].rail


def scope(switch: Switch) -> tuple[object, ...]:
    """Switches that are joined below the core have this in common (sides of a dual ToR share spines)."""
    label = switch.name.removeprefix(f"{switch.fabric}-")
    lane = label.partition("-")[0] if label[0] == "p" and label[1].isdigit() else ""
    return switch.fabric, lane, switch.pod


@quick
@given(clusters())
def test_links_between_tiers_are_even(data):
    plan = made(data)
    switches = {switch.name: switch for switch in plan.switches}
    for kind in ("leaf-spine", "spine-core"):
        pairs = Counter((c.z.device, c.a.device) for c in plan.cables if c.kind == kind)
        for fabric in ("backend", "frontend"):
            mine = {pair: times for pair, times in pairs.items() if switches[pair[0]].fabric == fabric}
            assert len(set(mine.values())) <= 1, "each pair that meets has the same number of links"
            reached = Counter(lower for lower, _ in mine)
            assert len(set(reached.values())) <= 1, "each switch reaches as many above it"
            lowers = [s for s in plan.switches if s.fabric == fabric and s.tier == kind.partition("-")[0]]
            if mine:
                assert len(reached) == len(lowers)
            for lower, upper in mine:
                if kind == "leaf-spine":
                    assert scope(switches[lower]) == scope(switches[upper])
                else:
                    assert scope(switches[lower])[:2] == scope(switches[upper])[:2]


@quick
@given(clusters())
def test_at_one_to_one_nothing_blocks(data):
    plan = made(data)
    down: Counter[str] = Counter()
    up: Counter[str] = Counter()
    for switch in plan.switches:
        for port in switch.ports:
            if port.parent is None and port.use in ("host", "downlink"):
                down[switch.name] += port.speed_gbps
            elif port.use == "uplink":
                up[switch.name] += port.speed_gbps
    for switch in plan.switches:
        fabric = data["fabrics"][switch.fabric]
        even = fabric.get("oversubscription", "1:1") == "1:1"
        if switch.tier == "leaf" and even:
            assert up[switch.name] >= down[switch.name]
        core = fabric.get("core_oversubscription", "1:1") == "1:1"
        if switch.tier == "spine" and fabric.get("tiers") == 3 and core:
            assert up[switch.name] >= down[switch.name]


@quick
@given(clusters())
def test_both_ends_of_a_numbered_link_are_one_network_of_the_plane(data):
    plan = made(data)
    ports = {(s.name, p.name): p.address for s in plan.switches for p in s.ports}
    for cable in plan.cables:
        if cable.kind in ("leaf-spine", "spine-core"):
            a, z = ports[cable.a.device, cable.a.port], ports[cable.z.device, cable.z.port]
            fabric = data["fabrics"][cable.fabric]
            assert (a is not None) == (
                fabric.get("underlay") == "numbered" and fabric["kind"] != "infiniband"
            )
            assert (a is None) == (z is None)
            if a is not None and z is not None:
                assert a.network == z.network
                plane = "compute" if cable.fabric == "backend" else "storage"
                assert a.ip in IPNetwork(plan.plane(plane).prefix)


@quick
@given(clusters())
def test_names_addresses_asns_and_tables_are_unique_and_inside_their_prefix(data):
    plan = made(data)
    addresses = [nic.address.value for s in plan.servers for nic in s.nics]
    addresses += [s.bmc.address.value for s in plan.servers]
    addresses += [s.management.value for s in plan.switches]
    addresses += [s.loopback.value for s in plan.switches if s.loopback]
    addresses += [
        p.address.value for s in plan.switches for p in s.ports if p.address and p.plane != "management"
    ]
    addresses += [plan.controller.value, plan.depot.value]
    assert len(addresses) == len(set(addresses))
    asns = [switch.asn for switch in plan.switches if switch.asn is not None]
    assert len(asns) == len(set(asns))
    assert all(4_200_000_000 <= asn <= 4_294_967_294 for asn in asns)
    names = [device.name for device in (*plan.servers, *plan.switches)]
    assert len(names) == len(set(names))
    for server in plan.servers:
        routed = [nic.table for nic in server.nics if nic.table is not None]
        assert len(routed) == len(set(routed))
        for nic in server.nics:
            assert nic.address.ip in IPNetwork(plan.plane(nic.plane).prefix)


@quick
@given(clusters())
def test_gateways_are_the_leafs_end_of_the_same_link(data):
    plan = made(data)
    ports = {(s.name, p.name): p.address for s in plan.switches for p in s.ports}
    far = {(c.z.device, c.z.port): (c.a.device, c.a.port) for c in plan.cables}
    for server in plan.servers:
        for nic in server.nics:
            if nic.gateway is not None:
                leaf, port = far[server.name, nic.parent or nic.name]
                near = ports[leaf, f"{port}.{nic.vlan}" if nic.vlan else port]
                assert near is not None
                assert near.ip == nic.gateway
                assert near.network == nic.address.network


@quick
@given(clusters())
def test_no_two_devices_stand_in_the_same_place(data):
    plan = made(data)
    for rack in plan.racks:
        taken = Counter(unit for low, height, _ in rack.slots for unit in range(low, low + height))
        assert max(taken.values()) == 1
        assert max(taken) <= rack.units


def shuffled(data: Any, dice: random.Random) -> Any:
    if not isinstance(data, dict):
        return data
    keys = list(data)
    dice.shuffle(keys)
    return {key: shuffled(data[key], dice) for key in keys}


@quick
@given(clusters(), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(data, dice):
    mixed = made(shuffled(data, dice))
    plan = made(data)
    for field in ("planes", "fabrics", "servers", "switches", "cables", "racks", "bom", "unknown"):
        assert getattr(mixed, field) == getattr(plan, field)
