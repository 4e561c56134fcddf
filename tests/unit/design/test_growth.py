"""Numbers never move: what exists keeps its name, address, ASN, port and cable when a cluster grows."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.unit.design.clusters import made as bent_design
from tests.unit.design.strategies import clusters, fits
from tests.unit.design.test_properties import made, quick

from rackwright.models.design import Design, Switch

STEPS = ("gpu", "more", "control", "storage", "archive", "unit", "backend", "frontend")


def grown(data: dict[str, Any], step: str, amount: int) -> dict[str, Any]:
    """The cluster file after somebody bought more."""
    data = copy.deepcopy(data)
    if step == "unit":
        data["machines"]["gpu"]["count"] += amount * data["machines"]["gpu"]["unit_size"]
    elif step in data["machines"]:
        data["machines"][step]["count"] += amount
    elif step in data["fabrics"]:
        data["fabrics"][step]["spines"] += amount
    return data


def pinned(data: dict[str, Any]) -> dict[str, Any]:
    """Sites that mean to add spines pin the number of links to each; here to what the first design has."""
    data = copy.deepcopy(data)
    plan = made(data)
    for name in ("backend", "frontend"):
        fabric = next(fabric for fabric in plan.fabrics if fabric.name == name)
        tiers, links = dict(fabric.tiers), dict(fabric.links)
        data["fabrics"][name]["spine_links"] = links["leaf-spine"] // (tiers["leaf"] * tiers["spine"])
    return data


def fixed(switch: Switch) -> tuple[object, ...]:
    """All of a switch but its ports, to which growth adds."""
    return tuple(getattr(switch, field) for field in Switch.__slots__ if field != "ports")


def assert_nothing_moved(before: Design, after: Design) -> None:
    servers = {server.name: server for server in after.servers}
    for server in before.servers:
        assert servers[server.name] == server
    switches = {switch.name: switch for switch in after.switches}
    for switch in before.switches:
        assert fixed(switches[switch.name]) == fixed(switch)
        assert set(switch.ports) <= set(switches[switch.name].ports)
    assert set(before.cables) <= set(after.cables)


@quick
@given(clusters(), st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 5)), min_size=1, max_size=4))
def test_growth_moves_nothing(data, path):
    data = pinned(data)
    assume(fits(data))
    plan = made(data)
    for step, amount in path:
        larger = grown(data, step, amount)
        if not fits(larger):
            continue
        after = made(larger)
        assert_nothing_moved(plan, after)
        data, plan = larger, after


@pytest.mark.parametrize(
    "change",
    [
        {"machines__gpu__count": 5},
        {"machines__gpu__count": 40},
        {"machines__storage__count": 9},
        {"machines__control__count": 3},
        {"fabrics__backend__spines": 4},
        {"fabrics__frontend__spines": 4},
    ],
)
def test_the_lab_grows_without_moving_anything(change):
    assert_nothing_moved(bent_design(), bent_design(**change))


def test_a_role_that_was_not_there_moves_nothing():
    assert_nothing_moved(bent_design(machines__storage=None), bent_design())


def test_when_a_full_fabric_gains_spines_only_the_cables_that_must_are_replugged():
    backend = {"kind": "infiniband", "switch": "qm9700", "nos": "opensm", "topology": "rail-optimised"}
    more = {"fabrics__frontend__hosts_per_leaf": None, "fabrics__backend": backend}
    before = bent_design(machines__gpu={"sku": "dgx-h100", "count": 32}, **more)
    after = bent_design(machines__gpu={"sku": "dgx-h100", "count": 64}, **more)
    gone = set(before.cables) - set(after.cables)
    assert {cable.kind for cable in gone} == {"leaf-spine"}
    assert len(gone) == 128  # half of 256: eight spines share what four had
    after_servers = {server.name: server for server in after.servers}
    assert all(after_servers[server.name] == server for server in before.servers)
