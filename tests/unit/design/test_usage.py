"""How full planes are; the growth reserve; prefixes that stay apart."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.design.clusters import made, spec, tables

from rackwright.design.ipv6 import Six
from rackwright.design.pools import shortages
from rackwright.design.usage import usage
from rackwright.models.design import Design

SIX = {
    "planes__compute__prefix6": "2001:db8:a::/64",
    "planes__storage__prefix6": "2001:db8:b::/64",
    "planes__business__prefix6": "2001:db8:c::/64",
    "planes__management__prefix6": "2001:db8:d::/48",
}


def addresses(design: Design) -> dict[str, set[int]]:
    """By plane, counted apart from the product's own count."""
    first = {plane.fabric: plane.name for plane in reversed(design.planes)}
    found: dict[str, set[int]] = {plane.name: set() for plane in design.planes}
    found["management"] |= {design.controller.value, design.depot.value}
    for server in design.servers:
        found["management"].add(server.bmc.address.value)
        for nic in server.nics:
            found[nic.plane].add(nic.address.value)
    for switch in design.switches:
        found["management"].add(switch.management.value)
        if switch.loopback:
            found[first[switch.fabric]].add(switch.loopback.value)
        for port in switch.ports:
            if port.address:
                found[port.plane or first[switch.fabric]].add(port.address.value)
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"fabrics__oob__routed": True},
        {"fabrics__backend__underlay": "numbered", "fabrics__frontend__underlay": "numbered"},
    ],
    ids=["flat", "routed", "numbered"],
)
def test_used_addresses_are_counted_and_lie_in_their_plane(changes):
    design = made(**changes)
    rows = usage(design)
    for plane, values in addresses(design).items():
        net = IPv4Network(design.plane(plane).prefix)
        assert rows[plane]["used"] == len(values), plane
        assert rows[plane]["total"] == net.num_addresses
        assert all(IPv4Address(value) in net for value in values)
        assert 0 <= rows[plane]["free_percent"] <= 100
        assert rows[plane]["reserved"] >= 0


def test_free_is_that_of_the_fullest_range():
    rows = usage(made(planes__compute__prefix="10.64.0.0/25"))
    (units,) = [row for row in rows["compute"]["ranges"] if row["name"] == "scalable units"]
    assert units == {"name": "scalable units", "used": 1, "places": 2}
    assert rows["compute"]["free_percent"] == 0


@pytest.mark.parametrize(("length", "reserve", "would"), [(25, 60, "/23"), (25, 80, "/22"), (24, 60, "/23")])
def test_a_reserve_that_is_eaten_into_is_refused_with_the_prefix_that_would_do(length, reserve, would):
    changes = {"planes__compute__prefix": f"10.64.0.0/{length}", "planes__compute__growth_reserve": reserve}
    (lack,) = shortages(spec(**changes), tables())
    assert lack.path == ("planes", "compute", "prefix")
    assert lack.hint == f"{would} would do"
    assert lack.expected == f"{reserve} % free (growth_reserve)"
    enough = changes | {"planes__compute__prefix": f"10.64.0.0{would}"}
    assert not shortages(spec(**enough), tables())


def test_management_has_a_reserve_too():
    full = {"planes__management__prefix": "10.112.0.0/23", "planes__management__growth_reserve": 90}
    (lack,) = shortages(spec(**full), tables())
    assert lack.path == ("planes", "management", "prefix")
    assert not shortages(spec(**full | {"planes__management__growth_reserve": 30}), tables())


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 80), st.integers(1, 20), st.booleans())
def test_planes_never_share_an_address_in_either_family(gpus, storage, routed):
    design = made(
        machines__gpu__count=gpus,
        machines__storage__count=storage,
        fabrics__frontend__hosts_per_leaf=None,
        fabrics__oob__routed=routed,
        **SIX,
    )
    found = addresses(design)
    everything = [value for values in found.values() for value in values]
    assert len(everything) == len(set(everything))
    six = [
        Six.of(design.plane(plane)).ip(value)  # type: ignore[arg-type, union-attr]
        for plane, values in found.items()
        for value in values
    ]
    assert len(six) == len(set(six)) == len(everything)
