"""Numbers never move: what exists keeps its name, address, ASN, port and cable when a cluster grows."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st
from tests.unit.design.clusters import made as bent_design
from tests.unit.design.clusters import tables
from tests.unit.design.strategies import clusters, fits
from tests.unit.design.test_properties import made, quick

from rackwright.design.nics import ports_of
from rackwright.design.pairs import size_leaves
from rackwright.design.places import places
from rackwright.design.rails import size_rails
from rackwright.design.sizing import Clos
from rackwright.models.design import Cable, Design, Switch
from rackwright.models.spec import ClusterSpec

STEPS = (
    "gpu",
    "more",
    "control",
    "storage",
    "archive",
    "unit",
    "pod",
    "backend spines",
    "frontend spines",
    "backend cores",
    "frontend cores",
)


def sized(data: dict[str, Any], name: str) -> Clos:
    """How a fabric of the cluster is sized."""
    spec = ClusterSpec.model_validate(data)
    stand = places(spec, tables())
    if spec.fabrics[name].topology == "rail-optimised":
        return size_rails(name, spec, tables(), stand).clos
    ports = {group: ports_of(group, spec, tables()) for group in sorted(spec.machines)}
    return size_leaves(name, spec, tables(), stand, ports).clos


def grown(data: dict[str, Any], step: str, amount: int) -> dict[str, Any]:
    """The cluster file after somebody bought more."""
    data = copy.deepcopy(data)
    gpu, (name, _, what) = data["machines"]["gpu"], step.partition(" ")
    if step == "unit":
        gpu["count"] += amount * gpu["unit_size"]
    elif step == "pod":
        gpu["count"] += amount * gpu["unit_size"] * data["fabrics"]["backend"].get("pod_units", 1)
    elif step in data["machines"]:
        data["machines"][step]["count"] += amount
    elif what == "spines":
        if "cores" in data["fabrics"][name]:  # a spine position comes with its cores
            core = sized(data, name).core
            assert core is not None
            data["fabrics"][name]["cores"] += amount * core.cores
        data["fabrics"][name]["spines"] += amount
    elif what == "cores" and "cores" in data["fabrics"][name]:
        core = sized(data, name).core
        assert core is not None
        data["fabrics"][name]["cores"] += amount * core.positions
    return data


def pinned(data: dict[str, Any]) -> dict[str, Any]:
    """Sites that mean to grow pin tiers, pods and the number of parallel links; here to what the first design
    has, or half of its links to the core, which leaves room for as many pods again."""
    data = copy.deepcopy(data)
    for name in ("backend", "frontend"):
        fabric, clos = data["fabrics"][name], sized(data, name)
        fabric |= {
            "tiers": clos.tiers,
            "spines": clos.wiring.spines,
            "spine_links": clos.wiring.links,
            "uplink_split": clos.wiring.split,
        }
        if clos.core:
            fabric["pod_units"] = clos.pod_blocks * (1 if fabric["topology"] == "rail-optimised" else 2)
            fabric["core_links"] = clos.core.links // 2 if clos.core.links % 2 == 0 else clos.core.links
            if fits(data):
                fabric["cores"] = sized(data, name).cores
    return data


def fixed(switch: Switch) -> tuple[object, ...]:
    """All of a switch but its ports, to which growth adds."""
    return tuple(getattr(switch, field) for field in Switch.__slots__ if field != "ports")


def laid(cable: Cable) -> tuple[object, ...]:
    """A cable as it lies. The module at its end may change: one that two links share serves the longer."""
    return cable.a, cable.z, cable.fabric, cable.kind, cable.speed_gbps, cable.length_m


def assert_nothing_moved(before: Design, after: Design) -> None:
    servers = {server.name: server for server in after.servers}
    for server in before.servers:
        assert servers[server.name] == server
    switches = {switch.name: switch for switch in after.switches}
    for switch in before.switches:
        assert fixed(switches[switch.name]) == fixed(switch)
        assert set(switch.ports) <= set(switches[switch.name].ports)
    assert {laid(cable) for cable in before.cables} <= {laid(cable) for cable in after.cables}


@quick
@given(clusters(), st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 5)), min_size=1, max_size=4))
def test_growth_moves_nothing(data, path):
    data = pinned(data)
    assume(fits(data))
    plan = made(data)
    for step, amount in path:
        larger = grown(data, step, amount)
        if larger == data or not fits(larger):
            continue
        after = made(larger)
        fabric = larger["fabrics"][step.partition(" ")[0] if " " in step else "backend"]
        event(f"{step}, {fabric['tiers']} tiers")
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


@pytest.mark.parametrize("nos", ["frr", "cumulus"])
def test_another_tenant_moves_no_other(nos):
    group = {"sku": "dgx-h100", "count": 4, "rails": 4, "unit_size": 4}
    tenants = {"acme": {"id": 7, "machines": ["gpu"]}}
    more = {"aaa": {"id": 3, "machines": ["more"]}}
    change = {"machines__more": group, "fabrics__backend__nos": nos, "fabrics__frontend__nos": nos}
    before = bent_design(**change, tenants=tenants)
    after = bent_design(**change, tenants={**tenants, **more})
    servers = {server.name: server for server in after.servers}
    mine = [server for server in before.servers if server.group != "more"]
    assert [servers[server.name] for server in mine] == mine
    switches = {switch.name: switch for switch in after.switches}
    for switch in before.switches:
        found = switches[switch.name]
        assert fixed(found) == fixed(switch)
        ports = [(p.name, p.address, p.use, p.vlan) for p in switch.ports]
        assert [(p.name, p.address, p.use, p.vlan) for p in found.ports] == ports
        theirs = {
            c.a.port for c in before.cables if c.a.device == switch.name and c.z.device.startswith("more")
        }
        for own, new in zip(switch.ports, found.ports, strict=True):
            assert own.vrf == new.vrf or own.name in theirs
    numbers = {(vrf.name, vrf.vni, vrf.table, vrf.vlan) for vrf in before.vrfs}
    assert numbers <= {(vrf.name, vrf.vni, vrf.table, vrf.vlan) for vrf in after.vrfs}
    assert before.cables == after.cables
    assert (nos == "cumulus") == bool(numbers)
