"""The EOS validator accepts what is rendered, and finds what is planted."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest
from tests.unit.render.switch_cases import ARISTA, FEW, case

from rackwright.render.build import Files
from rackwright.render.nos.eos import PATH, files
from rackwright.render.wiring import Wiring
from rackwright.validate.eos import check, compared, fits
from rackwright.validate.eos_text import problems

pytest.importorskip("pyavd", reason="the extra eos is not installed")
pytestmark = pytest.mark.slow  # pyavd renders a switch in a tenth of a second


@lru_cache
def rendered(name):
    design = case(name, "eos", ARISTA)
    wiring = Wiring.of(design)
    return design, {each.name: files(each, design, wiring) for each in design.switches}


@pytest.mark.parametrize("name", FEW)
def test_every_text_reads_back_without_a_finding(name):
    for device, texts in rendered(name)[1].items():
        assert problems(device, PATH, texts[PATH]) == []


def test_everything_that_is_rendered_is_accepted():
    design, devices = rendered("plain")
    assert fits(design)
    assert check(design, Files(devices, {})) == []


def test_a_switch_without_its_file_is_a_finding():
    design, _ = rendered("plain")
    lacking = replace(design, switches=tuple(each for each in design.switches if each.name == "oob-01"))
    assert [each.where for each in check(lacking, Files({}, {}))] == [f"oob-01:{PATH}"]


def test_a_text_that_pyavd_would_not_have_written():
    design, devices = rendered("plain")
    text = devices["backend-su01-r0"][PATH]
    edited = text.replace("   graceful-restart\n", "", 1)
    assert edited != text
    leaf = next(switch for switch in design.switches if switch.name == "backend-su01-r0")
    found = compared(leaf, design, Wiring.of(design), edited)
    assert [each.layer for each in found] == ["schema"]


FAULTS = {
    "a profile of nobody": ("   service-profile ROCE", "   service-profile RICE", "qos profile RICE"),
    "a route map of nobody": ("route-map TO-ABOVE out", "route-map TO-BELOW out", "route-map TO-BELOW"),
    "a prefix list of nobody": ("prefix-list PLANES in", "prefix-list PLANS in", "prefix-list PLANS"),
    "an AS path list of nobody": ("match as-path BELOW-ME", "match as-path ABOVE-ME", "as-path ABOVE-ME"),
    "an access list of nobody": (
        "ip access-group EDGE-COMPUTE",
        "ip access-group EDGE",
        "ip access-list EDGE",
    ),
    "a group of nobody": ("peer-group ABOVE remote-as", "peer-group OVER remote-as", "peer group OVER"),
    "a session on no port": (
        "neighbor interface Ethernet3/1",
        "neighbor interface Ethernet64/1",
        "Ethernet64/1",
    ),
    "a session on a port without IPv6": ("   ipv6 enable\n", "", "ipv6 enable on"),
    "an address twice": (
        "ip address 10.64.0.2/31",
        "ip address 10.64.0.0/31",
        "an address that Ethernet1/1 has not",
    ),
    "an interface twice": ("interface Ethernet1/5\n", "interface Ethernet1/1\n", "once"),
    "an MTU that EOS does not take": ("mtu 9214", "mtu 9216", "at most 9214"),
    "a DSCP that is none": ("qos map dscp 63 to", "qos map dscp 64 to", "DSCP 0 to 63"),
    "shares above the whole": ("bandwidth percent 50", "bandwidth percent 60", "at most 100"),
    "thresholds the wrong way round": ("minimum-threshold 150000", "minimum-threshold 1900000", "not above"),
    "a pause on the strict queue": ("priority 3 no-drop", "priority 6 no-drop", "not strict"),
    "a watchdog that polls too seldom": (
        "polling-interval 0.100",
        "polling-interval 0.200",
        "half of the timeout",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    good, bad, words = FAULTS[fault]
    text = rendered("plain")[1]["backend-su01-r0"][PATH]
    assert problems("leaf", PATH, text) == []
    assert good in text
    found = [str(each) for each in problems("leaf", PATH, text.replace(good, bad, 1))]
    assert found
    assert any(words in sentence for sentence in found), found
