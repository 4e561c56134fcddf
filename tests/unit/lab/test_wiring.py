"""Cables of the design become pairs of interfaces; faults of cabling are another set of pairs."""

from __future__ import annotations

import re

import pytest

from rackwright.lab.faults import record
from rackwright.lab.faults.record import Fault
from rackwright.lab.wiring import BMC_INTERFACE, Link, Port, derived_mac, missing, namespaces
from rackwright.lab.world import World, world


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> World:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RACKWRIGHT_STATE", str(tmp_path_factory.mktemp("state")))
        patch.setenv("RACKWRIGHT_CACHE", str(tmp_path_factory.mktemp("cache")))
        return world("lab")


def test_every_cable_is_a_link_and_ports_are_used_once(lab: World) -> None:
    links = lab.wiring.links(lab.design.cables)
    lit = [link for link in links if not link.dark]
    assert len(lit) == len(lab.design.cables)
    ports = [(port.netns, port.interface) for link in links for port in (link.a, link.z)]
    assert len(ports) == len(set(ports))
    assert all(len(interface) <= 15 for _, interface in ports)
    macs = [port.mac for link in links for port in (link.a, link.z)]
    assert len(macs) == len(set(macs))


def test_every_port_lies_in_a_namespace_of_the_lab(lab: World) -> None:
    spaces = {*namespaces(lab.place, lab.design), ""}
    assert {port.netns for link in lab.wiring.links(lab.design.cables) for port in (link.a, link.z)} <= spaces


def test_bmc_has_a_namespace_of_its_own(lab: World) -> None:
    port = next(link.z for link in lab.wiring.links(lab.design.cables) if link.z.interface == BMC_INTERFACE)
    assert port.netns.endswith(".bmc")


def test_spare_ports_of_a_model_are_there_without_carrier(lab: World) -> None:
    server = lab.design.servers[0]
    dark = {
        link.a.interface
        for link in lab.wiring.links(lab.design.cables)
        if link.dark and server.name in link.a.netns
    }
    assert dark
    assert not dark & {nic.name for nic in server.nics}


def test_derived_mac_is_local_unicast_and_stable() -> None:
    mac = derived_mac("lab", "gpu-su01-n01", "eno3")
    assert re.fullmatch(r"02(:[0-9a-f]{2}){5}", mac)
    assert mac == derived_mac("lab", "gpu-su01-n01", "eno3")
    assert mac != derived_mac("lab", "gpu-su01-n02", "eno3")


def test_missing_names_links_with_an_end_gone() -> None:
    link = Link(Port("a", "swp1", "02:00:00:00:00:01"), Port("b", "eth0", "02:00:00:00:00:02"))
    assert missing([link], {"a": ["swp1"], "b": ["eth0"]}) == []
    assert missing([link], {"a": ["swp1"], "b": []}) == [link]
    assert missing([link], {"a": ["swp1"]}) == [link]


def test_miswired_swaps_two_and_no_other(lab: World) -> None:
    ends = ["gpu-su01-n01:enp24s0np0", "gpu-su01-n02:enp24s0np0"]
    fault = Fault("miswired", "", "", "", {"ends": ends})
    before, after = lab.design.cables, record.plugged(lab.design.cables, [fault])
    different = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(different) == 2
    assert {new.z for _, new in different} == {old.z for old, _ in different}
    assert record.plugged(after, [fault]) == list(before)


def test_pulled_cable_leaves_both_ports_dark(lab: World) -> None:
    fault = Fault("cable-pulled", "", "", "", {"end": "gpu-su01-n01:enp24s0np0"})
    whole = set(lab.wiring.links(lab.design.cables))
    links = set(lab.wiring.links(lab.design.cables, record.pulled([fault])))
    gone, new = whole - links, links - whole
    assert len(gone) == 1
    assert all(link.dark for link in new)
    cut = next(iter(gone))
    assert {link.a for link in new} == {cut.a, cut.z}
