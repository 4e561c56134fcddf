"""Edge rules: a port lets in its own plane and what that plane may reach, and nothing else."""

from __future__ import annotations

import dataclasses
from ipaddress import ip_address, ip_network

import pytest

from rackwright.render.nos.edge import edge_rules
from rackwright.resources.networkd import declared_rules


def forwards(rules, port, source, target):
    """What the kernel does with a packet that comes in on ``port``: first rule that matches, by priority."""
    for rule in sorted(rules):
        if rule.iif != port:
            continue
        if rule.source and ip_address(source) not in ip_network(rule.source):
            continue
        if rule.to and ip_address(target) not in ip_network(rule.to):
            continue
        return rule.action == "main"
    return True


@pytest.fixture
def leaf(lab):
    design, files = lab
    switch = next(switch for switch in design.switches if switch.name == "frontend-leaf-01")
    return design, switch, declared_rules(files.devices[switch.name])


def test_every_host_port_forwards_its_plane_only(leaf):
    design, switch, rules = leaf
    prefixes = {plane.name: ip_network(plane.prefix) for plane in design.planes}
    for port in switch.ports:
        if port.use != "host":
            continue
        own = str(prefixes[port.plane][99])
        for plane, prefix in prefixes.items():
            assert forwards(rules, port.name, own, str(prefix[77])) == (plane == port.plane)


def test_a_host_cannot_lend_itself_an_address_of_another_plane(leaf):
    _, switch, rules = leaf
    port = next(port for port in switch.ports if port.plane == "storage")
    assert not forwards(rules, port.name, "10.112.128.1", "10.80.0.9")


def test_links_between_switches_carry_everything(leaf):
    _, switch, rules = leaf
    uplinks = {port.name for port in switch.ports if port.use == "uplink"}
    assert uplinks
    assert not uplinks & {rule.iif for rule in rules}


def test_a_plane_that_may_reach_another_is_let_through_to_it(lab):
    design, _ = lab
    planes = tuple(
        dataclasses.replace(plane, may_reach=("storage",)) if plane.name == "business" else plane
        for plane in design.planes
    )
    open_design = dataclasses.replace(design, planes=planes)
    switch = next(switch for switch in design.switches if switch.name == "frontend-leaf-01")
    port = next(port for port in switch.ports if port.plane == "business")
    rules = edge_rules(switch, port, open_design)
    plane, storage, inside = "10.96.0.0/14", "10.80.0.0/14", "10.128.0.0/14"
    assert [(rule.source, rule.to, rule.priority) for rule in rules] == [
        (plane, plane, 1000),
        (plane, storage, 1000),
        (plane, inside, 1000),
        (inside, plane, 1000),
        (inside, storage, 1000),
        (inside, inside, 1000),
        (None, None, 1100),
    ], "pods reach what their nodes' plane reaches"


def test_backend_leaves_have_the_same_rules(lab):
    _, files = lab
    rules = declared_rules(files.devices["backend-su01-r0"])
    assert forwards(rules, "swp1s0", "10.64.0.1", "10.66.0.3")
    assert not forwards(rules, "swp1s0", "10.64.0.1", "10.80.0.1")
    assert not forwards(rules, "swp1s0", "10.64.0.1", "10.112.0.1")
