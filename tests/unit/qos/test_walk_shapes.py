"""The walk on every shape of fabric, and on contracts other than the default: agreement everywhere."""

from __future__ import annotations

import pytest

from rackwright.pipeline import plan
from rackwright.qos.walk.route import routes, servers
from rackwright.render.wiring import Wiring
from rackwright.validate import roce, source

from .conftest import CLUSTER

OTHER = "{dscp: 24, priority: 4, cnp_dscp: 46, cnp_priority: 5, ecn_min_bytes: 300000, bandwidth_percent: 90}"
PLAIN = {"nos": "sonic", "switch": "sn5600", "sku": "dgx-h100", "lock": "h100-debian13"}
EOS = {"nos": "eos", "switch": "arista-7060x6-64pe"}


def designed(folder, *edits, **values):
    text = CLUSTER.format(**{**PLAIN, **values})
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    path = folder / "cluster.yaml"
    path.write_text(text)
    return plan(str(path)).design


CONTRACT = ("10.64.0.0/12}", f"10.64.0.0/12, roce: {OTHER}}}")
SHAPES = {
    "three tiers": (
        [("topology: rail-optimised, spines: 2", "topology: rail-optimised, tiers: 3, pod_units: 1")],
        {},
    ),
    "dual ToR": (
        [
            (
                "topology: rail-optimised, spines: 2",
                "topology: rail-optimised, homing: dual-tor, nic_ports: 2",
            ),
            ("rails: 2, ", ""),
        ],
        {"sku": "dgx-b300", "lock": "b200-ubuntu2404"},
    ),
    "parallel planes": (
        [
            (
                "topology: rail-optimised, spines: 2",
                "topology: rail-optimised, homing: parallel, nic_ports: 2",
            ),
            ("rails: 2, ", ""),
        ],
        {"sku": "dgx-b300", "lock": "b200-ubuntu2404"},
    ),
    "leaf-spine": ([("topology: rail-optimised", "topology: leaf-spine")], {}),
    "IPv6": ([("10.64.0.0/12}", '10.64.0.0/12, prefix6: "2001:db8::/96"}')], {}),
    "small packets": ([("10.64.0.0/12}", "10.64.0.0/12, mtu: 1500}")], {}),
    "another contract, SONiC": ([CONTRACT], {}),
    "another contract, Cumulus": ([CONTRACT], {"nos": "cumulus"}),
    "another contract, EOS": ([CONTRACT], EOS),
    "another contract, Thor2": ([CONTRACT], {"sku": "mi300x-8gpu", "lock": "mi300x-ubuntu2404"}),
    "another contract, Pollara": ([CONTRACT], {"sku": "mi355x-8gpu", "lock": "mi300x-ubuntu2404"}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_all_agree(tmp_path, shape):
    edits, values = SHAPES[shape]
    if values is EOS:
        pytest.importorskip("pyavd", reason="EOS is rendered with the optional pyavd")
    design = designed(tmp_path, *edits, **values)
    walked = roce.walked(design, source.asked(design), everything=True)
    assert [str(row) for row in walked.findings] == []
    assert walked.routes
    ports = [nic for server in design.servers for nic in server.on("compute")]
    assert walked.ports > len(ports), "not every NIC was walked"


def test_routes_of_three_tiers_cross_the_core(tmp_path):
    edits, values = SHAPES["three tiers"]
    design = designed(tmp_path, *edits, **values)
    wiring = Wiring.of(design)
    (start, *_) = servers(design, False)
    tiers = {
        tuple(wiring.switches[hop[1].device].tier for hop in route.hops[:-1])
        for route in routes(start, wiring, False)
    }
    assert ("leaf",) in tiers
    assert ("leaf", "spine", "leaf") in tiers
    assert ("leaf", "spine", "core", "spine", "leaf") in tiers
    for route in routes(start, wiring, False):
        assert route.hops[0][0].device == start.name
        assert route.hops[-1][1].device in wiring.servers
        assert route.hops[-1][1].device != start.name
        assert all(wiring.far[near] == far for near, far in route.hops)


def test_a_fabric_of_linux_switches_is_not_looked_into_and_that_is_said(tmp_path):
    design = designed(tmp_path, nos="frr")
    assert roce.check(design, source.asked(design)) == []
    (said,) = roce.not_measured(design)
    assert "does not look into 6 switches: frr" in said


def test_infiniband_has_no_contract():
    assert not roce.fits(plan("superpod-h100-127").design)
