"""The schema of config_db.json accepts what is rendered, and finds what is planted."""

from __future__ import annotations

import json
from functools import lru_cache

import pytest
from tests.unit.render.switch_cases import ARISTA, CASES, case

from rackwright.render.build import Files
from rackwright.render.nos.sonic import PATH, files
from rackwright.render.wiring import Wiring
from rackwright.validate.sonic import check, fits, judged


@lru_cache
def rendered(name, switch=None):
    design = case(name, "sonic", switch)
    wiring = Wiring.of(design)
    return design, {each.name: files(each, design, wiring) for each in design.switches}


def said(name, text):
    return [str(finding) for finding in judged(name, text)]


@pytest.mark.parametrize(
    ("name", "switch"),
    [*((name, None) for name in CASES), ("plain", ARISTA), ("three-tiers", "edgecore-ais800-64d")],
)
def test_everything_that_is_rendered_is_accepted(name, switch):
    design, devices = rendered(name, switch)
    assert fits(design)
    assert check(design, Files(devices, {})) == []


def test_a_switch_without_its_file_is_a_finding():
    design, devices = rendered("plain")
    lacking = {name: texts for name, texts in devices.items() if name != "backend-su01-r0"}
    assert [finding.where for finding in check(design, Files(lacking, {}))] == [f"backend-su01-r0:{PATH}"]


def leaf(name="plain", device="backend-su01-r0"):
    return json.loads(rendered(name)[1][device][PATH])


def test_a_file_that_is_no_json_or_names_a_key_twice():
    assert "JSON" in said("x", "{")[0]
    assert "the key twice" in said("x", '{"VLAN": {}, "VLAN": {}}')[0]


FAULTS = {
    "a misspelt field": (["PORT", "Ethernet0", "admin_stat"], "up", "PORT|Ethernet0 admin_stat"),
    "a number": (["PORT", "Ethernet0", "mtu"], 9100, "found 9100, expected a string"),
    "a speed of none": (["PORT", "Ethernet0", "speed"], "fast", "expected 1..1600000"),
    "a lane twice": (["PORT", "Ethernet0", "lanes"], "4,5,6,7", "PORT lane 4"),
    "a table of another's": (["PORTS"], {"Ethernet0": {}}, "no such table"),
    "an unknown profile": (["BUFFER_PG", "Ethernet0|3", "profile"], "nowhere", "a row of BUFFER_PROFILE"),
    "an unknown pool": (["BUFFER_PROFILE", "egress_lossy_profile", "pool"], "sea", "a row of BUFFER_POOL"),
    "an unknown map": (["PORT_QOS_MAP", "Ethernet0", "dscp_to_tc_map"], "AZURE", "a row of DSCP_TO_TC_MAP"),
    "an unknown port": (["PORT_QOS_MAP", "Ethernet1", "dscp_to_tc_map"], "ROCE", "key Ethernet1"),
    "an unknown scheduler": (["QUEUE", "Ethernet0|3", "scheduler"], "scheduler.9", "a row of SCHEDULER"),
    "DSCP 64": (["DSCP_TO_TC_MAP", "ROCE", "64"], "0", "key 64"),
    "traffic class 8": (["DSCP_TO_TC_MAP", "ROCE", "26"], "8", "found '8', expected 0..7"),
    "a priority list with a blank": (["PORT_QOS_MAP", "Ethernet0", "pfc_enable"], "3, 4", "pfc_enable"),
    "thresholds the wrong way round": (
        ["WRED_PROFILE", "ROCE_LOSSLESS", "green_min_threshold"],
        "9000000",
        "the maximum not below",
    ),
    "a watchdog before its poll": (["PFC_WD", "Ethernet0", "detection_time"], "100", "POLL_INTERVAL"),
    "a cable without a unit": (["CABLE_LENGTH", "AZURE", "Ethernet0"], "5", "found '5'"),
    "a session in no group": (
        ["BGP_NEIGHBOR", "default|Ethernet16", "peer_group_name"],
        "X",
        "a row of BGP_PEER_GROUP",
    ),
    "a route map of nobody": (
        ["BGP_PEER_GROUP_AF", "default|ABOVE|ipv4_unicast", "route_map_out"],
        ["NOWHERE"],
        "a row of ROUTE_MAP_SET",
    ),
    "BGP that SONiC would ignore": (
        ["DEVICE_METADATA", "localhost", "frr_mgmt_framework_config"],
        "false",
        "expected true",
    ),
    "an unnumbered session without link-local": (
        ["INTERFACE", "Ethernet16", "ipv6_use_link_local_only"],
        "disable",
        "an unnumbered session",
    ),
    "an address without its interface": (["INTERFACE", "Ethernet8|10.0.0.0/31"], {}, ""),
    "an address that is none": (["LOOPBACK_INTERFACE", "Loopback0|10.0.0/32"], {}, "an IP prefix"),
    "an ACL on no port": (["ACL_TABLE", "EDGE_COMPUTE", "ports"], ["Ethernet999"], "a list of a row of PORT"),
    "a VLAN with another's number": (["VLAN"], {"Vlan7": {"vlanid": "8"}}, "VLAN|Vlan7 vlanid"),
    "a gateway of the other family": (
        ["MGMT_INTERFACE", "eth0|10.112.1.2/16"],
        {"gwaddr": "2001:db8::1"},
        "the address's own family",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_and_nothing_else(fault):
    path, value, words = FAULTS[fault]
    db = leaf()
    assert said("x", json.dumps(db)) == []
    part = db
    for key in path[:-1]:
        part = part.setdefault(key, {})
    part[path[-1]] = value
    if fault == "an address without its interface":
        del db["INTERFACE"]["Ethernet8"]
    found = said("x", json.dumps(db))
    assert found, fault
    assert any(words in sentence for sentence in found), found


@pytest.mark.parametrize(
    "table", ["SCHEDULER", "DSCP_TO_TC_MAP", "BUFFER_POOL", "PREFIX_SET", "BGP_GLOBALS", "PORT"]
)
def test_a_lost_table_leaves_references_that_dangle(table):
    db = leaf()
    del db[table]
    assert any(f"a row of {table}" in sentence for sentence in said("x", json.dumps(db)))


def test_a_vni_that_no_tunnel_carries():
    db = leaf("tenants", "frontend-leaf-01")
    assert said("x", json.dumps(db)) == []
    db["VXLAN_TUNNEL_MAP"].popitem()
    assert any("VXLAN_TUNNEL_MAP" in sentence for sentence in said("x", json.dumps(db)))
