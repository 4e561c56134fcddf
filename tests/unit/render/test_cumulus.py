"""startup.yaml read back by a reader of its own, and compared with the design."""

from __future__ import annotations

import dataclasses

import pytest
import yaml
from tests.unit.design.clusters import made
from tests.unit.render.handmade import three_tiers
from tests.unit.render.test_frr_forms import ACME, FORMS, PLANE, SIX, two_vrfs

from rackwright.models.design import Design, End
from rackwright.models.qos import RoceContract
from rackwright.render.nos.cumulus import PATH, files
from rackwright.render.nos.cumulus_qos import qos_tree
from rackwright.render.wiring import Wiring
from rackwright.validate import nvue

CONTRACT = RoceContract(26, 3, 48, 6, 150_000, 1_500_000, 100, 50, 200, 9000, 9216)


def read(design: Design) -> dict[str, dict]:
    """What is below ``set``, by switch; every file passes the schema."""
    wiring, found = Wiring.of(design), {}
    for switch in design.switches:
        text = files(switch, design, wiring)[PATH]
        assert nvue.judged(switch.name, text) == []
        header, tree = yaml.safe_load(text)
        assert header["header"]["nvue-api-version"] == "nvue_v1"
        found[switch.name] = tree["set"]
    return found


def lab(**changes) -> Design:
    nos = {f"fabrics__{name}__nos": "cumulus" for name in ("backend", "frontend", "oob")}
    return made(**nos, **changes)


def addresses(row: dict) -> list[str]:
    return [*row.get("ipv4", {}).get("address", {}), *row.get("ipv6", {}).get("address", {})]


@pytest.mark.parametrize("form", FORMS)
def test_sessions_addresses_and_vrfs_are_the_designs(form):
    design = three_tiers("cumulus", **FORMS[form])
    wiring, trees = Wiring.of(design), read(design)
    for switch in design.switches:
        tree = trees[switch.name]
        ports = tree["interface"]
        for port in switch.ports:
            assert addresses(ports[port.name])[:1] == ([str(port.address)] if port.address else [])
            assert ports[port.name]["link"]["mtu"] == port.mtu
            assert ports[port.name].get("vrf") == port.vrf
        assert addresses(ports["lo"])[0] == str(switch.loopback)
        bgp = tree["vrf"]["default"]["router"]["bgp"]
        owner = {str(p.address).split("/")[0]: (s.name, p.name) for s in design.switches for p in s.ports}
        reached = set()
        for peer, row in bgp["neighbor"].items():
            if row["type"] == "numbered":
                device, port = owner[peer]
                reached.add((device, wiring.far[End(device, port)].port))
            else:
                reached.add((wiring.far[End(switch.name, peer)].device, peer))
        assert reached == {
            (wiring.far[End(switch.name, port.name)].device, port.name)
            for port in switch.ports
            if port.use in ("uplink", "downlink")
        }
        assert tree["router"]["bgp"]["autonomous-system"] == switch.asn
        assert tree["router"]["bgp"]["router-id"] == switch.loopback.ip
        assert set(tree["vrf"]) - {"default"} == {port.vrf for port in switch.ports if port.vrf}


def test_valleys_are_shut():
    trees = read(three_tiers("cumulus"))
    for name, tree in trees.items():
        groups = tree["vrf"]["default"]["router"]["bgp"]["peer-group"]
        policy = {
            (group, way): rules.get("route-map")
            for group, row in groups.items()
            for way, rules in row["address-family"]["ipv4-unicast"]["policy"].items()
        }
        if "spine" in name:
            assert policy["CORES", "inbound"] == "FROM-CORES"
            assert policy["CORES", "outbound"] == "TO-CORES"
            maps = tree["router"]["policy"]["route-map"]
            mark = maps["FROM-CORES"]["rule"]["10"]["set"]["large-community"]
            listed = tree["router"]["policy"]["large-community-list"]["ABOVE"]["rule"]["10"]
            assert listed["large-community"] == mark
            assert maps["TO-CORES"]["rule"]["5"]["action"] == {"deny": {}}
            neighbours = tree["vrf"]["default"]["router"]["bgp"]["neighbor"]
            assert [row["peer-group"] for row in neighbours.values()] == ["CORES"] * 2 + ["FABRIC"] * 2
        elif "core" in name:
            assert set(groups) == {"FABRIC"}
        else:
            assert policy["FABRIC", "outbound"] == "TO-SPINES"
            paths = tree["router"]["policy"]["as-path-list"]["LOCAL"]["rule"]
            assert paths == {"10": {"action": "permit", "aspath-exp": "^$"}}


def test_vrfs_agree_with_frr_on_numbers():
    tree = read(three_tiers("cumulus", isolation="vrf", vrfs=(ACME, PLANE), plane=SIX))["backend-su01-r0"]
    row = tree["vrf"]["acme-c"]
    assert row["evpn"] == {"state": "enabled", "vlan": 1307, "vni": {"10007": {}}}
    bgp = row["router"]["bgp"]
    assert set(bgp["route-import"]["from-evpn"]["route-target"]) == {"64512:10007", "64512:10000"}
    assert set(bgp["route-export"]["to-evpn"]["route-target"]) == {"64512:10007"}
    assert set(bgp["address-family"]) == {"ipv4-unicast", "ipv6-unicast"}
    assert tree["nve"]["vxlan"]["source"]["address"] == "10.79.0.4"


def test_tenants_do_not_meet_in_the_vrf_that_both_reach():
    tree = read(two_vrfs("cumulus"))["backend-su01-r0"]
    maps = tree["router"]["policy"]["route-map"]
    mark = maps["LEAKED"]["rule"]["10"]["set"]["large-community"]
    assert maps["LEAKED"]["rule"]["10"]["match"] == {"as-path-list": "LOCAL"}
    listed = tree["router"]["policy"]["large-community-list"]["LEAKED"]["rule"]["10"]
    assert listed == {"action": "permit", "large-community": mark}
    for vrf, other in (("acme-c", "compute"), ("compute", "acme-c")):
        for family in tree["vrf"][vrf]["router"]["bgp"]["address-family"].values():
            assert family["route-export"]["to-evpn"] == {"route-map": "OWN", "state": "enabled"}
            leaked = family["route-import"]["from-vrf"]
            assert leaked == {"list": {other: {}}, "route-map": "LEAKED", "state": "enabled"}


def test_bfd_is_on_unless_it_is_switched_off():
    on, off = read(three_tiers("cumulus")), read(three_tiers("cumulus", bfd=False))
    group = on["backend-core-01"]["vrf"]["default"]["router"]["bgp"]["peer-group"]["FABRIC"]
    assert group["bfd"] == {"profile": "FABRIC"}
    assert on["backend-core-01"]["router"]["bfd"]["profile"]["FABRIC"]["min-rx-interval"] == 300
    assert "bfd" not in off["backend-core-01"]["router"]


def test_the_small_cluster_in_nvue():
    design = lab()
    trees = read(design)
    leaf = trees["backend-su01-r0"]
    assert leaf["interface"]["swp1"] == {"link": {"breakout": {"2x": {}}}, "type": "swp"}
    assert leaf["interface"]["swp1s0"]["qos"] == {"pfc-watchdog": {"state": "enable"}}
    assert leaf["interface"]["eth0"]["vrf"] == "mgmt"
    assert leaf["qos"]["roce"] == {"mode": "lossless", "state": "enabled"}
    assert leaf["router"]["adaptive-routing"] == {"state": "enabled"}
    uplinks = [
        p.name for s in design.switches if s.name == "backend-su01-r0" for p in s.ports if p.use == "uplink"
    ]
    for port in uplinks:
        assert leaf["interface"][port]["router"] == {"adaptive-routing": {"state": "enabled"}}
    front = trees["frontend-leaf-01"]
    assert "qos" not in front
    assert set(front["vrf"]) == {"default", "storage", "business"}
    assert front["system"]["hostname"] == "frontend-leaf-01"
    assert front["system"]["ntp"]["server"] == {design.controller.ip: {"iburst": "enabled"}}


def test_the_flat_out_of_band_switch_bridges():
    tree = read(lab())["oob-01"]
    [vlan] = tree["bridge"]["domain"]["br_default"]["vlan"]
    hosts = [row for name, row in tree["interface"].items() if name.startswith("swp")]
    assert all(row["bridge"]["domain"]["br_default"]["access"] == int(vlan) for row in hosts)
    assert addresses(tree["interface"][f"vlan{vlan}"])
    assert "router" not in tree


def test_planes_on_one_fabric_may_be_kept_apart_by_rules():
    tree = read(lab(fabrics__frontend__isolation="rules"))["frontend-leaf-01"]
    assert set(tree["acl"]) == {"EDGE-storage", "EDGE-business"}
    rules = tree["acl"]["EDGE-storage"]["rule"]
    assert rules["10"]["match"]["ip"] == {"source-ip": "10.80.0.0/14", "dest-ip": "10.80.0.0/14"}
    assert rules["1000"] == {"action": {"deny": {}}}
    assert tree["interface"]["swp1"]["acl"] == {"EDGE-storage": {"inbound": {}}}


def test_every_breakout_is_said_on_its_cage():
    design = lab()
    for name, tree in read(design).items():
        for port in tree["interface"]:
            if port.startswith("swp") and "s" in port[3:]:
                cage = f"swp{port[3:].partition('s')[0]}"
                assert "breakout" in tree["interface"][cage]["link"], (name, port)


def contract(**changes) -> RoceContract:
    return dataclasses.replace(CONTRACT, **changes)


def qos(**changes) -> dict:
    design = lab()
    switch = next(s for s in design.switches if s.name == "backend-su01-r0")
    return qos_tree(switch, contract(**changes), Wiring.of(design))


def test_a_contract_like_nvidias_profile_adds_nothing_to_it():
    assert set(qos()) == {"pfc", "pfc-watchdog", "roce"}


def test_what_differs_is_remapped():
    marks = qos(dscp=10, cnp_dscp=40)["mapping"]["default-global"]
    assert marks == {"dscp": {"10": {"switch-priority": 3}, "40": {"switch-priority": 6}}, "trust": "both"}
    moved = qos(priority=4, dscp=34)
    assert moved["pfc"]["default-global"]["switch-priority"] == {"4": {}}
    queues = moved["egress-queue-mapping"]["default-global"]["switch-priority"]
    assert queues == {
        "3": {"traffic-class": 0}, "4": {"traffic-class": 4}, "6": {"traffic-class": 6},
    }  # fmt: skip
    assert moved["egress-scheduler"]["default-global"]["traffic-class"] == {
        "0": {"bw-percent": 50, "mode": "dwrr"},
        "3": {"mode": "strict"},
        "4": {"bw-percent": 50, "mode": "dwrr"},
        "6": {"mode": "strict"},
    }
    shares = [
        row.get("bw-percent", 0)
        for row in moved["egress-scheduler"]["default-global"]["traffic-class"].values()
    ]
    assert sum(shares) == 100
    assert "4" in moved["congestion-control"]["default-global"]["traffic-class"]
    assert "mapping" not in moved, "DSCP 34 is priority 4 by its class selector"


def test_thresholds_and_shares_are_said_where_they_differ():
    row = qos(ecn_min_bytes=200_000)["congestion-control"]["default-global"]["traffic-class"]["3"]
    assert row == {"ecn": "enable", "max-threshold": 1_500_000, "min-threshold": 200_000, "probability": 100}
    shares = qos(bandwidth_percent=80)["egress-scheduler"]["default-global"]["traffic-class"]
    assert (shares["3"]["bw-percent"], shares["0"]["bw-percent"]) == (80, 20)


def test_headroom_is_for_the_longest_cable():
    assert qos()["pfc"]["default-global"]["cable-length"] in (5, 10, 20, 30, 50, 100)
    assert qos()["pfc-watchdog"] == {"polling-interval": 200, "robustness": 1}
