"""VRFs: numbers by plane and tenant id only; tenants apart, shared servers reachable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.design.clusters import made, spec

from rackwright.design.vrfs import MOST_TENANT_ID, Vrfs, isolation_of, vrf_name

RED = {"red": {"id": 7, "machines": ["gpu"]}}


def test_rules_on_frr_and_on_a_fabric_of_one_plane():
    lab = spec()
    assert {isolation_of(lab, name) for name in lab.fabrics} == {"rules"}
    assert made().vrfs == ()
    cumulus = spec(fabrics__backend__nos="cumulus", fabrics__frontend__nos="cumulus")
    assert isolation_of(cumulus, "frontend") == "vrf"
    assert isolation_of(cumulus, "backend") == "rules"


def test_tenants_make_vrfs_on_a_fabric_of_one_plane_and_never_on_infiniband():
    cumulus = spec(fabrics__backend__nos="cumulus", tenants=RED)
    assert isolation_of(cumulus, "backend") == "vrf"
    ib = {"kind": "infiniband", "switch": "qm9700", "nos": "opensm", "topology": "rail-optimised"}
    assert isolation_of(spec(fabrics__backend=ib, tenants=RED), "backend") == "rules"


def test_numbers():
    rows = {row.name: row for row in Vrfs.of(spec(fabrics__frontend__nos="cumulus", tenants=RED)).rows}
    assert {name: (row.vni, row.table, row.vlan) for name, row in rows.items()} == {
        "storage": (20_000, 20_000, 52),
        "red-s": (20_007, 20_007, 1307),
        "business": (30_000, 30_000, 53),
        "red-b": (30_007, 30_007, 2307),
    }
    pinned = Vrfs.of(spec(fabrics__frontend__nos="cumulus", tenants=RED, planes__storage__vni=500)).rows
    assert [row.vni for row in pinned if row.plane == "storage"] == [500, 507]


def test_shared_servers_reach_each_tenant_and_tenants_reach_no_other():
    two = {"red": {"id": 1, "machines": ["gpu"]}, "blue": {"id": 2, "machines": ["more"]}}
    more = {"sku": "dgx-h100", "count": 2, "rails": 4, "unit_size": 4}
    changes = {"fabrics__frontend__nos": "eos", "fabrics__backend__nos": "eos"}
    rows = {row.name: row for row in Vrfs.of(spec(**changes, tenants=two, machines__more=more)).rows}
    assert rows["storage"].imports == ("red-s", "blue-s")
    assert rows["red-s"].imports == ("storage",)
    assert rows["blue-b"].imports == ("business",)
    assert rows["red-c"].imports == rows["compute"].imports == ()


def test_ports_and_servers_carry_their_tenant():
    design = made(fabrics__frontend__nos="cumulus", tenants=RED)
    assert {server.name: server.tenant for server in design.servers}["gpu-su01-n01"] == "red"
    wanted = {"gpu-su01-n01": {"red-s", "red-b"}, "storage-01": {"storage", "business"}}
    for cable in design.cables:
        if cable.fabric == "frontend" and cable.z.device in wanted:
            leaf = next(switch for switch in design.switches if switch.name == cable.a.device)
            (port,) = [port for port in leaf.ports if port.name == cable.a.port]
            assert port.vrf in wanted[cable.z.device]
    assert {fabric.name: fabric.isolation for fabric in design.fabrics} == {
        "backend": "rules",
        "frontend": "vrf",
        "oob": "rules",
    }


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,30}[a-z0-9]", fullmatch=True)


@given(st.dictionaries(NAMES, st.integers(1, MOST_TENANT_ID), min_size=1, max_size=30))
def test_names_numbers_and_carriers_are_unique_short_and_stay(tenants):
    ids = sorted(set(tenants.values()))
    named = dict(zip(sorted(tenants), ids, strict=False))
    rows = {name: {"id": number, "machines": ["gpu"]} for name, number in named.items()}
    made_ = Vrfs.of(spec(fabrics__frontend__nos="sonic", fabrics__backend__nos="sonic", tenants=rows)).rows
    assert all(len(row.name) <= 12 for row in made_)
    for key in ("name", "vni", "table", "vlan"):
        values = [getattr(row, key) for row in made_]
        assert len(set(values)) == len(values), key
    assert all(2 <= row.vlan <= 4094 for row in made_)
    fewer = dict(list(rows.items())[:1])
    small = Vrfs.of(spec(fabrics__frontend__nos="sonic", fabrics__backend__nos="sonic", tenants=fewer)).rows
    numbers = {row.name: (row.vni, row.table, row.vlan) for row in made_}
    assert all(numbers[row.name] == (row.vni, row.table, row.vlan) for row in small)


@pytest.mark.parametrize(("name", "expected"), [("acme", "acme-s"), ("a-very-long-tenant", "a-ver_9-s")])
def test_long_names_are_cut(name, expected):
    cluster = spec(tenants={name: {"id": 9, "machines": ["gpu"]}})
    assert vrf_name(cluster, "storage", name) == expected
