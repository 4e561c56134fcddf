"""A port outside its VRF is found; the rule that the kernel makes for VRFs is not."""

from __future__ import annotations

import json

import pytest
from tests.unit.render.handmade import three_tiers
from tests.unit.render.test_frr_forms import PLANE

from rackwright.render.expectations import as_json, switch_expectation
from rackwright.render.wiring import Wiring
from rackwright.resources.networkd import live_rules
from rackwright.verify.checks.ports import ports
from rackwright.verify.checks.routing import found_rules
from rackwright.verify.expected import parse

L3MDEV = {"priority": 1000, "src": "all", "l3mdev": None}


class Facts:
    def __init__(self, links):
        self.links = links

    def json(self, _):
        return self.links


@pytest.mark.parametrize("master", ["compute", "storage", None])
def test_a_port_is_in_its_vrf(master):
    design = three_tiers(isolation="vrf", vrfs=(PLANE,))
    leaf = next(switch for switch in design.switches if switch.name == "backend-su01-r0")
    want = parse(json.loads(as_json(switch_expectation(leaf, {}, design, Wiring.of(design)))))
    assert want.ports["swp1"].vrf == "compute"
    assert want.ports["swp2"].vrf is None
    link = {"ifname": "swp1", "mtu": 9216, **({"master": master} if master else {})}
    [verdict] = [v for v in ports(Facts([link]), want) if v.check == "vrf"]
    assert verdict.outcome == ("pass" if master == "compute" else "fail")
    assert verdict.port == "swp1"


def test_the_kernels_rule_for_vrfs_is_nobodys_drift():
    assert found_rules([L3MDEV]) == []
    assert live_rules(json.dumps([L3MDEV])) == set()
    assert live_rules(json.dumps([{"priority": 1000, "src": "all", "table": "7"}]))
