"""The NVUE schema finds what is planted, and says where."""

from __future__ import annotations

import pytest
from tests.unit.render.handmade import rendered, three_tiers
from tests.unit.render.test_frr_forms import ACME, PLANE

from rackwright.render.build import Files
from rackwright.render.nos.cumulus import PATH, files
from rackwright.render.wiring import Wiring
from rackwright.validate import nvue, sample

LEAF = "backend-su01-r0"


def text_of(name=LEAF, **keys) -> str:
    design = three_tiers("cumulus", **keys)
    return files(next(s for s in design.switches if s.name == name), design, Wiring.of(design))[PATH]


FAULTS = [
    ("a misspelt key", "router-id:", "routerid:", "set.router.bgp"),
    ("a key of an older release", "state: enabled", "enable: 'on'", "key 'enable'"),
    ("an address that is none", "10.64.0.0/31: {}", "10.64.0.256/31: {}", "set.interface.swp1.ipv4.address"),
    ("an MTU too large", "mtu: 9216", "mtu: 9300", "set.interface.swp1.link.mtu"),
    ("a word for a number", "ebgp: 64", "ebgp: many", "multipaths.ebgp"),
    ("a bare number as a key", "'10':", "10:", "quote it"),
    ("a peer group that is not there", "peer-group: FABRIC", "peer-group: FABRICS", "FABRICS"),
    ("a prefix list that is not there", "prefix-list: PLANES\n", "prefix-list: PLANS\n", "PLANS"),
    ("an AS path list that is not there", "as-path-list: LOCAL", "as-path-list: LOCALS", "LOCALS"),
    ("a BFD profile that is not there", "profile: FABRIC\n", "profile: SLOW\n", "SLOW"),
    ("a neighbour without a port", "              swp2:\n", "              swp9:\n", "swp9"),
    ("the same key twice", "    router:\n", "    router: {}\n    router:\n", "twice"),
    ("no list", "- header:", "header:", "syntax"),
    ("a tab", "- set:", "\t- set:", "syntax"),
    ("an old release", "Cumulus Linux 5.15.0", "Cumulus Linux 5.4.0", "header.version"),
]


@pytest.mark.parametrize(("what", "good", "bad", "said"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_planted_fault_is_found(what, good, bad, said):
    text = text_of()
    assert good in text, what
    found = nvue.judged(LEAF, text.replace(good, bad, 1))
    assert found
    assert any(said in str(finding) for finding in found), [str(finding) for finding in found]


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("vrf: acme-c", "vrf: acme", "vrf acme"),
        ("'64512:10007': {}", "64512-10007: {}", "a route target"),
        ("'10007': {}", "'100070000': {}", "a VNI"),
    ],
)
def test_a_planted_fault_in_a_vrf_is_found(good, bad, said):
    text = text_of(isolation="vrf", vrfs=(ACME, PLANE))
    assert good in text
    found = nvue.judged(LEAF, text.replace(good, bad, 1))
    assert any(said in str(finding) for finding in found), [str(finding) for finding in found]


def test_what_is_rendered_passes_and_a_missing_file_does_not():
    design = three_tiers("cumulus")
    made = rendered(design)
    assert nvue.fits(design)
    assert nvue.check(design, made) == []
    less = Files({name: texts for name, texts in made.devices.items() if name != LEAF}, made.site)
    [finding] = nvue.check(design, less)
    assert finding.where.startswith(LEAF)
    assert not nvue.fits(three_tiers("frr"))


def test_a_part_outside_its_breakout_is_found():
    text = text_of().replace("      swp2:\n        description", "      swp2s3:\n        description", 1)
    assert any("at least 4 ways" in str(finding) for finding in nvue.judged(LEAF, text))


def test_of_many_files_one_of_each_shape_is_read(monkeypatch):
    monkeypatch.setattr(sample, "ALL_UP_TO", 5)
    design = three_tiers("cumulus")
    made = rendered(design)
    bad = {PATH: made.devices[LEAF][PATH].replace("router-id:", "routerid:", 1)}
    changed = Files({**made.devices, LEAF: bad}, made.site)
    assert {finding.where.split()[0] for finding in nvue.check(design, changed)} == {LEAF}
    assert "one of each shape" in nvue.not_measured(design)[0]
    number = {PATH: made.devices["backend-su02-r1"][PATH].replace("mtu: 9216", "mtu: 9300", 1)}
    changed = Files({**made.devices, "backend-su02-r1": number}, made.site)
    assert nvue.check(design, changed) == [], "what a sample cannot see"
    assert nvue.everything(design, changed) != []
