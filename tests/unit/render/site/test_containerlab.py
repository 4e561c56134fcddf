"""The containerlab topology: each endpoint exists once, names fit Linux, large clusters are cut."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address, ip_network

import yaml
from tests.unit.render.conftest import _made

from rackwright.render.nos import maker
from rackwright.render.site import containerlab
from rackwright.render.wiring import Wiring


def topology(cluster):
    design, _ = _made(cluster)
    (text,) = containerlab.files(design, Wiring.of(design)).values()
    return design, yaml.safe_load(text)


def endpoints(data):
    return [end for link in data["topology"]["links"] for end in link["endpoints"]]


def test_the_lab_is_whole_but_for_its_out_of_band_fabric():
    design, data = topology("lab")
    cables = [cable for cable in design.cables if cable.fabric != "oob"]
    wanted = {frozenset((f"{c.a.device}:{c.a.port}", f"{c.z.device}:{c.z.port}")) for c in cables}
    assert {frozenset(link["endpoints"]) for link in data["topology"]["links"]} == wanted


def test_endpoints_exist_once_and_fit():
    for cluster in ("lab", "mi300x-64", "superpod-h100-127"):
        _, data = topology(cluster)
        nodes = data["topology"]["nodes"]
        assert max(Counter(endpoints(data)).values()) == 1
        for end in endpoints(data):
            device, _, port = end.partition(":")
            assert device in nodes
            assert 0 < len(port) <= 15
        subnet = ip_network(data["mgmt"]["ipv4-subnet"])
        addresses = [ip_address(node["mgmt-ipv4"]) for node in nodes.values()]
        assert all(address in subnet for address in addresses)
        assert len(addresses) == len(set(addresses))


def test_files_that_are_bound_are_rendered():
    design, data = topology("lab")
    wiring = Wiring.of(design)
    for name, node in data["topology"]["nodes"].items():
        switch = wiring.switches.get(name)
        bound = [bind.partition(":")[2] for bind in node.get("binds", [])]
        assert bool(bound) == (switch is not None)
        if switch is not None:
            make = maker(switch.nos)
            assert make is not None
            assert set(bound) <= set(make(switch, design, wiring))


def test_a_large_cluster_is_cut_to_one_unit_with_its_switches(monkeypatch):
    monkeypatch.setattr(containerlab, "_WHOLE", 50)
    design, data = topology("superpod-h100-127")
    names = set(data["topology"]["nodes"])
    servers = {server.name for server in design.servers if server.name in names}
    assert servers == {server.name for server in design.servers if server.unit == 1}
    used = {end.partition(":")[0] for end in endpoints(data)}
    assert names == used | servers
