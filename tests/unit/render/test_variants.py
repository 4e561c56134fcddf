"""Whole designs of every kind on FRR and on Cumulus Linux: vtysh and the schema accept every switch."""

from __future__ import annotations

import re
from functools import lru_cache

import pytest
import yaml
from tests.unit.design.clusters import made
from tests.unit.render.test_frr import needs_frr

from rackwright.models.design import Design
from rackwright.render.build import Files
from rackwright.render.nos import maker
from rackwright.render.wiring import Wiring
from rackwright.validate import frr, nvue

TENANTS = {
    "acme": {"id": 7, "machines": ["gpu"]},
}
TWO_PORTS = {"machines__gpu__sku": "dgx-b300", "fabrics__backend__nic_ports": 2}
KINDS = {
    "two tiers": {},
    "three tiers": {
        "fabrics__backend__tiers": 3,
        "machines__gpu__count": 16,
        "fabrics__backend__pod_units": 2,
    },
    "rail groups": {"fabrics__backend__spine_groups": "rail"},
    "parallel": {**TWO_PORTS, "fabrics__backend__homing": "parallel"},
    "dual-tor": {**TWO_PORTS, "fabrics__backend__homing": "dual-tor"},
    "numbered": {"fabrics__backend__underlay": "numbered", "fabrics__frontend__underlay": "numbered"},
    "six": {"planes__compute__prefix6": "2001:db8:64::/64", "planes__storage__prefix6": "2001:db8:80::/64"},
    "shared ports": {"fabrics__frontend__ports": "shared"},
    "shared ports in VRFs": {"fabrics__frontend__ports": "shared", "fabrics__frontend__isolation": "vrf"},
    "VRFs": {"fabrics__frontend__isolation": "vrf", "fabrics__backend__isolation": "vrf"},
    "tenants": {
        "fabrics__frontend__isolation": "vrf",
        "fabrics__backend__isolation": "vrf",
        "tenants": TENANTS,
        "planes__storage__prefix6": "2001:db8:80::/64",
    },
    "BFD": {"fabrics__backend__bfd": True, "fabrics__frontend__bfd": True},
    "routed out-of-band": {"fabrics__oob__routed": True},
}


@lru_cache
def rendered(kind: str, nos: str) -> tuple[Design, Files]:
    names = {f"fabrics__{fabric}__nos": nos for fabric in ("backend", "frontend", "oob")}
    design = made(**names, **KINDS[kind])
    wiring = Wiring.of(design)
    make = maker(nos)
    return design, Files({switch.name: make(switch, design, wiring) for switch in design.switches}, {})


@needs_frr
@pytest.mark.parametrize("kind", KINDS)
def test_frr_takes_every_kind(kind):
    design, files = rendered(kind, "frr")
    assert [str(finding) for finding in frr.everything(design, files)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_nvue_schema_takes_every_kind(kind):
    design, files = rendered(kind, "cumulus")
    assert [str(finding) for finding in nvue.check(design, files)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_both_say_the_same_of_sessions_and_vrfs(kind):
    """Two renderings of one design: each session and each route target of the one is in the other."""
    frr_files, nvue_files = rendered(kind, "frr")[1], rendered(kind, "cumulus")[1]
    for switch in rendered(kind, "cumulus")[0].switches:
        text = frr_files.devices[switch.name][frr.PATH]
        tree = yaml.safe_load(nvue_files.devices[switch.name][nvue.PATH])[1]["set"]
        said = {
            (name, group)
            for name, group in re.findall(r"neighbor (\S+) (?:interface )?peer-group (\S+)$", text, re.M)
        }
        bgp = tree.get("vrf", {}).get("default", {}).get("router", {}).get("bgp", {})
        assert said == {(name, row["peer-group"]) for name, row in bgp.get("neighbor", {}).items()}
        if rendered(kind, "frr")[0].vrfs:
            targets = set(re.findall(r"route-target (?:import|export) (\S+)", text))
            rows = [row["router"]["bgp"] for name, row in tree.get("vrf", {}).items() if name != "default"]
            assert targets == {
                target for row in rows for target in row["route-import"]["from-evpn"]["route-target"]
            }
