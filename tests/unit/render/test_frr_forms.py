"""FRR in every form: three tiers, numbered, IPv6, BFD, VRFs. Real FRR accepts each."""

from __future__ import annotations

import dataclasses
import re

import pytest
from tests.unit.render.handmade import three_tiers
from tests.unit.render.test_frr import complaints, needs_frr

from rackwright.models.design import Vrf
from rackwright.render.nos.frr import files
from rackwright.render.wiring import Wiring
from rackwright.resources.networkd import declared_rules
from rackwright.resources.switch import _expected_sessions

PLANE = Vrf("compute", "backend", "compute", None, 10_000, 10_000, 51)
ACME = Vrf("acme-c", "backend", "compute", "acme", 10_007, 10_007, 1307, ("compute",))
SIX = {"prefix6": "2001:db8:64::/64"}
FORMS = {
    "plain": {},
    "numbered": {"numbered": True},
    "bfd": {"bfd": True},
    "six": {"plane": SIX},
    "numbered six bfd": {"numbered": True, "plane": SIX, "bfd": True},
    "vrf": {"isolation": "vrf", "vrfs": (PLANE,)},
    "vrf tenants six numbered": {
        "isolation": "vrf", "vrfs": (ACME, PLANE), "plane": SIX, "numbered": True, "bfd": True,
    },
}  # fmt: skip
LEAF, SPINE, CORE = "backend-su01-r0", "backend-pod01-spine-01", "backend-core-01"


def rendered(form):
    design = three_tiers(**FORMS[form])
    wiring = Wiring.of(design)
    return {switch.name: files(switch, design, wiring) for switch in design.switches}


def conf(form, name):
    return rendered(form)[name]["/etc/frr/frr.conf"]


@needs_frr
@pytest.mark.parametrize("form", FORMS)
def test_frr_accepts_every_form(form, tmp_path):
    texts = {name: made["/etc/frr/frr.conf"] for name, made in rendered(form).items()}
    assert {name: said for name, text in texts.items() if (said := complaints(text, tmp_path))} == {}


def test_only_a_spine_below_a_core_marks_what_comes_from_above():
    for name, made in rendered("plain").items():
        text = made["/etc/frr/frr.conf"]
        assert ("route-map FROM-CORES in" in text) == ("spine" in name)
        assert ("route-map TO-CORES out" in text) == ("spine" in name)
        assert ("route-map TO-SPINES out" in text) == ("su0" in name)
    text = conf("plain", SPINE)
    mark = re.search(r"set large-community (\S+) additive", text)[1]
    assert f"ABOVE seq 10 permit {mark}\n" in text
    assert "route-map TO-CORES deny 5\n match large-community ABOVE\n" in text


def test_valleys_are_shut_in_every_family():
    for form in ("numbered six bfd", "vrf tenants six numbered"):
        text = conf(form, SPINE)
        families = text.count("address-family ") - text.count("exit-address-family")
        assert families == 0
        begun = len(re.findall(r"^ address-family", text, re.M))
        assert text.count("route-map TO-CORES out") == text.count("route-map FROM-CORES in") == begun == 2


def test_a_spines_cores_and_leaves_are_in_their_own_groups():
    text = conf("plain", SPINE)
    assert re.findall(r"neighbor (\S+) interface peer-group (\S+)", text) == [
        ("swp1", "CORES"),
        ("swp2", "CORES"),
        ("swp3", "FABRIC"),
        ("swp4", "FABRIC"),
    ]


def test_numbered_links_have_sessions_by_address_and_are_not_announced():
    design = three_tiers(numbered=True)
    own = {str(p.address): (s.name, p.name) for s in design.switches for p in s.ports if p.address}
    wiring = Wiring.of(design)
    for switch in design.switches:
        text = files(switch, design, wiring)["/etc/frr/frr.conf"]
        peers = re.findall(r"neighbor (\S+) peer-group (?:FABRIC|CORES)$", text, re.M)
        assert len(peers) == sum(port.use in ("uplink", "downlink") for port in switch.ports)
        for peer in peers:
            far = wiring.neighbour(*own[f"{peer}/31"])
            assert far.device == switch.name
        assert "route-map CONNECTED deny 5\n match ip address prefix-list LINKS\n" in text
        assert _expected_sessions(text) == len(peers)


def test_unnumbered_sessions_are_counted_too():
    assert _expected_sessions(conf("plain", SPINE)) == 4


def test_bfd_is_on_where_it_is_asked_for():
    for form, wanted in (("plain", False), ("bfd", True)):
        made = rendered(form)[SPINE]
        assert ("bfdd=yes" in made["/etc/frr/daemons"]) == wanted
        groups = len(re.findall(r"neighbor (?:FABRIC|CORES) bfd$", made["/etc/frr/frr.conf"], re.M))
        assert groups == (2 if wanted else 0)


def test_ipv6_addresses_stand_at_the_same_offset():
    text = conf("six", "backend-su02-r1")
    assert " ip address 10.64.0.6/31\n ipv6 address 2001:db8:64::6/127\n" in text
    assert "ipv6 prefix-list PLANES6 seq 10 permit 2001:db8:64::/64 le 128\n" in text


def test_edge_rules_hold_for_both_families():
    rules = declared_rules(rendered("six")[LEAF])
    assert {(rule.six, rule.source, rule.action) for rule in rules if rule.iif == "swp1"} == {
        (False, "10.64.0.0/12", "main"),
        (False, "", "prohibit"),
        (True, "2001:db8:64::/64", "main"),
        (True, "", "prohibit"),
    }
    assert declared_rules(rendered("vrf")[LEAF]) == set(), "VRFs need no rules"


def test_a_vrf_has_its_port_tunnel_and_routed_interface():
    made = rendered("vrf")[LEAF]
    folder = "/etc/systemd/network/"
    assert "VRF=compute\n" in made[folder + "10-swp1.network"]
    assert "VRF=" not in made[folder + "10-swp2.network"], "the underlay is in the default table"
    assert "Table=10000\n" in made[folder + "05-compute.netdev"]
    assert made[folder + "05-compute.network"].count("Type=unreachable") == 2
    tunnel = made[folder + "06-vni10000.netdev"]
    assert "VNI=10000\nLocal=10.79.0.4\n" in tunnel
    assert "MTUBytes=9166\n" in tunnel, "hosts' 9000 bytes and VXLAN's 50 fit into the underlay's 9216"
    assert "Bridge=br10000\n" in made[folder + "06-vni10000.network"]
    assert "VRF=compute\n" in made[folder + "06-br10000.network"]
    assert "VRF=mgmt\n" in made[folder + "10-eth0.network.d/10-vrf.conf"]
    assert "net.ipv4.tcp_l3mdev_accept = 1" in made["/etc/sysctl.d/90-rackwright.conf"]


def test_a_vrf_is_carried_by_evpn_and_spines_pass_it_on():
    leaf, spine = conf("vrf", LEAF), conf("vrf", SPINE)
    assert "vrf compute\n vni 10000\nexit-vrf\n" in leaf
    assert "  route-target import 64512:10000\n  route-target export 64512:10000\n" in leaf
    assert "  advertise ipv4 unicast\n" in leaf
    assert "advertise-all-vni" in leaf
    assert "vrf compute" not in spine
    assert "advertise-all-vni" not in spine
    assert re.findall(r"  neighbor (\S+) activate", spine) == ["FABRIC", "CORES"]
    assert "next-hop" not in spine, "FRR keeps the tunnel's end as next hop by itself, and would not print it"


def test_a_tenants_vrf_takes_in_what_the_design_says():
    text = conf("vrf tenants six numbered", LEAF)
    assert re.findall(r"route-target (import|export) (\S+)", text) == [
        ("import", "64512:10007"),
        ("import", "64512:10000"),
        ("export", "64512:10007"),
    ]


def two_vrfs(nos="frr"):
    """A leaf with a port of a tenant and one of nobody, whose VRFs import each other."""
    plane = dataclasses.replace(PLANE, imports=("acme-c",))
    design = three_tiers(nos, isolation="vrf", vrfs=(ACME, plane), plane=SIX)
    leaf = next(switch for switch in design.switches if switch.name == LEAF)
    more = dataclasses.replace(leaf.ports[0], name="swp1.51", vlan=51, parent="swp1", vrf="compute")
    changed = dataclasses.replace(leaf, ports=(*leaf.ports, more))
    return dataclasses.replace(
        design, switches=tuple(changed if switch is leaf else switch for switch in design.switches)
    )


@needs_frr
def test_tenants_do_not_meet_in_the_vrf_that_both_reach(tmp_path):
    """What is taken from a neighbouring VRF is its own networks only, marked, and never announced again."""
    design = two_vrfs()
    leaf = next(switch for switch in design.switches if switch.name == LEAF)
    text = files(leaf, design, Wiring.of(design))["/etc/frr/frr.conf"]
    assert complaints(text, tmp_path) == ""
    mark = re.search(r"route-map LEAKED permit 10\n match as-path LOCAL\n set large-community (\S+)", text)[1]
    assert f"large-community-list standard LEAKED seq 10 permit {mark}\n" in text
    assert "route-map OWN deny 5\n match large-community LEAKED\n" in text
    assert (
        re.findall(r"import vrf (.*)", text)
        == ["route-map LEAKED", "compute"] * 2
        + [
            "route-map LEAKED",
            "acme-c",
        ]
        * 2
    )
    assert set(re.findall(r"advertise (ipv. unicast.*)", text)) == {
        "ipv4 unicast route-map OWN",
        "ipv6 unicast route-map OWN",
    }
    assert "LEAKED" not in conf("vrf", LEAF), "one VRF, nothing to leak"


def test_a_vlan_on_a_shared_port_is_an_interface_of_its_own():
    design = three_tiers()
    leaf = next(switch for switch in design.switches if switch.name == LEAF)
    port = leaf.ports[0]
    child = dataclasses.replace(port, name="swp1.211", vlan=211, parent="swp1", mtu=1500)
    changed = dataclasses.replace(leaf, ports=(*leaf.ports, child))
    design = dataclasses.replace(
        design, switches=tuple(changed if switch is leaf else switch for switch in design.switches)
    )
    made = files(changed, design, Wiring.of(design))
    folder = "/etc/systemd/network/"
    assert "VLAN=swp1.211\n" in made[folder + "10-swp1.network"]
    assert "Kind=vlan\nMTUBytes=1500\n\n[VLAN]\nId=211\n" in made[folder + "10-swp1.211.netdev"]
    assert "IncomingInterface=swp1.211\n" in made[folder + "10-swp1.211.network"]
    assert "description host-0 eth0 vlan 211\n" in made["/etc/frr/frr.conf"]
