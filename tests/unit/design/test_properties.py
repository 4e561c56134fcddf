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
from rackwright.models.design import Design
from rackwright.models.spec import ClusterSpec

quick = settings(
    max_examples=60,
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
    ports = {(s.name, p.name): p.speed_gbps for s in plan.switches for p in s.ports}
    ports |= {(s.name, n.name): n.speed_gbps for s in plan.servers for n in s.nics}
    for cable in plan.cables:
        for end in (cable.a, cable.z):
            if not nowhere(end.device) and end.port != "bmc":
                assert ports.pop((end.device, end.port)) == cable.speed_gbps
    assert ports == {}, "a port that no cable reaches"


@quick
@given(clusters())
def test_every_switch_keeps_its_radix(data):
    plan = made(data)
    for switch in plan.switches:
        model = tables().switches[switch.model]
        names = [port.name for port in switch.ports if port.use != "management"]
        assert len(names) == len(set(names))
        speed = Counter()
        for port in switch.ports:
            if port.use != "management":
                speed["all"] += port.speed_gbps
        most = model.ports * model.speed_gbps + model.uplinks * (model.uplink_speed_gbps or 0)
        assert speed["all"] <= most
        if switch.nos in ("frr", "eos"):
            cages = {int("".join(c if c.isdigit() else " " for c in name).split()[0]) for name in names}
            assert max(cages) <= model.ports + model.uplinks or switch.tier == "oob"


@quick
@given(clusters())
def test_a_leaf_serves_one_rail_of_one_unit(data):
    plan = made(data)
    servers = {server.name: server for server in plan.servers}
    leaves = {switch.name: switch for switch in plan.switches if switch.rail is not None}
    for cable in plan.cables:
        if cable.a.device in leaves and cable.z.device in servers:
            leaf, server = leaves[cable.a.device], servers[cable.z.device]
            nic = next(nic for nic in server.nics if nic.name == cable.z.port)
            assert (nic.rail, server.unit) == (leaf.rail, leaf.unit)


@quick
@given(clusters())
def test_every_leaf_has_the_same_links_to_every_spine(data):
    plan = made(data)
    pairs = Counter((c.fabric, c.a.device, c.z.device) for c in plan.cables if c.kind == "leaf-spine")
    for fabric in {fabric for fabric, _, _ in pairs}:
        assert len({times for (name, _, _), times in pairs.items() if name == fabric}) == 1
        leaves = [s for s in plan.switches if s.fabric == fabric and s.tier == "leaf"]
        spines = [s for s in plan.switches if s.fabric == fabric and s.tier == "spine"]
        assert sum(name == fabric for name, _, _ in pairs) == len(leaves) * len(spines)


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
                near = ports[far[server.name, nic.name]]
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
