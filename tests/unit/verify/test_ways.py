"""Routers between leaves in two and three tiers, over EVPN, and where there is no way."""

from __future__ import annotations

import pytest
from tests.unit.design.clusters import made
from tests.unit.render.handmade import three_tiers
from tests.unit.render.test_frr_forms import PLANE

from rackwright.verify.probes import Prober
from rackwright.verify.ways import Ways


def test_pods_are_five_routers_apart():
    ways = Ways.of(three_tiers())
    assert ways.routers("backend-su01-r0", "backend-su01-r0") == 1
    assert ways.routers("backend-su01-r0", "backend-su01-r1") == 3
    assert ways.routers("backend-su01-r0", "backend-su02-r1") == 5
    between = ways.between("backend-su01-r0", "backend-su02-r1")
    assert {"backend-core-01", "backend-core-02", "backend-pod01-spine-01", "backend-pod02-spine-02"} <= {
        *between
    }
    assert "backend-core-01" not in ways.between("backend-su01-r0", "backend-su01-r1")


def test_under_evpn_only_the_leaves_count():
    ways = Ways.of(three_tiers(isolation="vrf", vrfs=(PLANE,)))
    assert ways.routers("backend-su01-r0", "backend-su02-r1") == 2
    assert ways.refusal("backend-su01-r0") == {"unreachable"}


@pytest.mark.parametrize(("nos", "answers"), [("frr", {"prohibited"}), ("sonic", None)])
def test_a_chip_may_drop_silently(nos, answers):
    refusal = Ways.of(made(fabrics__backend__nos=nos)).refusal("backend-su01-r0")
    assert refusal == (answers or {"prohibited", "unreachable", "silence"})


def compute(design):
    prober = Prober(design)
    return [
        (server, probe)
        for server in design.servers
        for probe in prober.probes(server)
        if probe.layer in ("rail", "pair") and probe.check != "over the MTU"
    ]


def test_in_three_tiers_the_ttl_is_what_the_way_is_long():
    design = made(fabrics__backend__tiers=3, machines__gpu__count=16, fabrics__backend__pod_units=2)
    lengths = {probe.ttl for _, probe in compute(design) if probe.check == "same rail"}
    assert lengths == {2, 4, 6}


def test_parallel_planes_never_probe_one_another():
    two = {"machines__gpu__sku": "dgx-b300", "fabrics__backend__nic_ports": 2}
    design = made(**two, fabrics__backend__homing="parallel")
    port = {(server.name, nic.name): nic.port for server in design.servers for nic in server.nics}
    seen = 0
    for server, probe in compute(design):
        device, _, nic = probe.peer.partition(":")
        if probe.check in ("same rail", "other rail"):
            assert port[server.name, probe.nic] == port[device, nic]
            seen += 1
    assert seen


def test_tenants_probe_their_own():
    changes = {f"fabrics__{fabric}__isolation": "vrf" for fabric in ("backend", "frontend")}
    changes["machines__other"] = {"sku": "dgx-h100", "count": 4, "rails": 4, "unit_size": 4}
    tenants = {"acme": {"id": 7, "machines": ["gpu"]}, "zeta": {"id": 8, "machines": ["other"]}}
    design = made(**changes, tenants=tenants)
    owner = {server.name: server.tenant for server in design.servers}
    assert {*owner.values()} == {"acme", "zeta", None}
    plane = {(server.name, nic.name): nic.plane for server in design.servers for nic in server.nics}
    pairs = {
        (owner[server.name], owner[probe.peer.split(":")[0]])
        for server, probe in compute(design)
        if plane[server.name, probe.nic] != "management"
    }
    assert pairs == {("acme", "acme"), ("zeta", "zeta"), (None, None)}
