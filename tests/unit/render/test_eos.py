"""EOS configurations say what the design says, and what pyavd itself would have said."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from importlib.util import find_spec

import pytest
from tests.unit.design.clusters import made
from tests.unit.render.eos_reader import read
from tests.unit.render.switch_cases import ARISTA, FEW, case

from rackwright.render import nos
from rackwright.render.nos.eos import PATH, files
from rackwright.render.nos.eos.model import model
from rackwright.render.nos.eos.text import text, whole
from rackwright.render.parts import not_rendered
from rackwright.render.wiring import Wiring

pyavd = pytest.importorskip("pyavd", reason="the extra eos is not installed")
pytestmark = pytest.mark.slow  # pyavd renders a switch in a tenth of a second


@lru_cache
def configurations(name):
    """(switch, configuration) by name."""
    design = case(name, "eos", ARISTA)
    wiring = Wiring.of(design)
    return {each.name: (each, read(files(each, design, wiring)[PATH])) for each in design.switches}


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("numbered-ipv6", "backend-su01-r0"),
        ("numbered-ipv6", "backend-spine-01"),
        ("tenants", "frontend-leaf-01"),
        ("shared-rules", "frontend-leaf-01"),
        ("plain", "oob-01"),
    ],
)
def test_the_text_is_pyavds_own_byte_for_byte(name, device):
    """The model passes pyavd's schema. ``rackwright validate`` does the same for one switch of each kind."""
    design = case(name, "eos", ARISTA)
    switch = next(each for each in design.switches if each.name == device)
    own = model(switch, design, Wiring.of(design))
    judged = pyavd.validate_structured_config(whole(own))
    assert judged.validated_data is not None, [each.message for each in judged.validation_result.violations]
    assert text(own) == pyavd.get_device_config(judged.validated_data)


@pytest.mark.parametrize("name", FEW)
def test_no_hole_is_left(name):
    for _, read_back in configurations(name).values():
        everything = " ".join(
            [*read_back.top, *read_back.bgp, *(str(port) for port in read_back.ports.values())]
        )
        assert not re.search(r"hole|HOLE|203\.0\.113|2001:db8:ffff|42949672", everything)


@pytest.mark.parametrize("name", FEW)
def test_ports_have_their_addresses_and_neighbours(name):
    design = case(name, "eos", ARISTA)
    wiring = Wiring.of(design)
    for switch, config in configurations(name).values():
        for port in switch.ports:
            if port.use in ("management", "gateway"):
                continue
            own = config.ports[port.name if port.parent is None else f"{port.parent}.{port.vlan}"]
            assert own.value("ip address") == (str(port.address) if port.address else None)
            assert own.value("vrf") == port.vrf
            if port.parent is None:
                assert own.value("description") == wiring.describe(switch.name, port.name)
                if switch.asn is not None and port.plane != "management":
                    assert "no switchport" in own.lines
                    assert int(own.value("mtu")) == min(port.mtu, 9214)


@pytest.mark.parametrize("name", FEW)
def test_a_session_on_every_link_to_another_switch(name):
    design = case(name, "eos", ARISTA)
    wiring = Wiring.of(design)
    for switch, config in configurations(name).values():
        wanted = {}
        for port in switch.ports:
            if switch.asn is None or port.use not in ("uplink", "downlink"):
                continue
            far = wiring.neighbour(switch.name, port.name)
            other = wiring.switches[far.device]
            end = next(each for each in other.ports if each.name == far.port)
            group = "ABOVE" if port.use == "uplink" else "BELOW"
            wanted[end.address.ip if end.address else port.name] = group, str(other.asn)
            if end.address is None:
                assert "ipv6 enable" in config.ports[port.name].lines
            elif six := configurations(name)[other.name][1].ports[far.port].value("ipv6 address"):
                wanted[six.partition("/")[0]] = f"{group}6", str(other.asn)
        assert config.sessions == wanted


def test_no_valleys_in_two_and_three_tiers():
    found = {}
    for switch, config in configurations("three-tiers").values():
        paths = [line.split()[5] for line in config.top if line.startswith("ip as-path access-list BELOW-ME")]
        ups = [line for line in config.bgp if "neighbor ABOVE route-map TO-ABOVE out" in line]
        downs = [line for line in config.bgp if "neighbor BELOW route-map" in line]
        found[switch.fabric, switch.tier] = paths, len(ups), len(downs)
    assert found["backend", "leaf"] == (["^$"], 1, 0)
    assert found["backend", "spine"] == (["^$", "^[0-9]+$"], 1, 0)
    assert found["backend", "core"] == ([], 0, 0)


def test_numbered_links_are_not_announced():
    for switch, config in configurations("numbered-ipv6").values():
        if switch.fabric == "backend":
            assert "route-map CONNECTED deny 5" in config.top
            assert "route-map CONNECTED deny 6" in config.top
    assert "route-map CONNECTED deny 5" not in configurations("plain")["backend-su01-r0"][1].top


def test_vrfs_are_carried_by_evpn():
    switch, config = configurations("tenants")["frontend-leaf-01"]
    assert "address-family evpn> neighbor ABOVE activate" in config.bgp
    assert "address-family evpn> bgp next-hop-unchanged" in config.bgp
    assert f"vrf acme-s> rd {switch.loopback.ip}:1307" in config.bgp
    assert "vrf acme-s> route-target export evpn 64512:20007" in config.bgp
    assert "vxlan vrf acme-s vni 20007" in config.ports["Vxlan1"].lines
    _, spine = configurations("tenants")["frontend-spine-01"]
    assert "address-family evpn> neighbor BELOW activate" in spine.bgp
    assert not any(line.startswith("vrf acme") for line in spine.bgp)


def test_rules_become_access_lists_on_each_host_port():
    switch, config = configurations("rules")["frontend-leaf-01"]
    for port in switch.ports:
        if port.use == "host":
            assert config.ports[port.name].value("ip access-group") == f"EDGE-{port.plane.upper()} in"
            assert config.ports[port.name].value("ipv6 access-group") == f"EDGE6-{port.plane.upper()} in"
    assert "ip access-list EDGE-STORAGE" in config.top


@pytest.mark.parametrize("name", ["plain", "other-contract"])
def test_the_contract_is_the_whole_chain(name):
    contract = case(name, "eos", ARISTA).plane("compute").roce
    for device in ("backend-su01-r0", "backend-spine-01"):
        switch, config = configurations(name)[device]
        assert len(config.classes) == 64
        assert {dscp for dscp, number in config.classes.items() if number == contract.priority} == {
            contract.dscp
        }
        assert config.classes[contract.cnp_dscp] == contract.cnp_priority
        assert config.tx_queues == {number: number for number in range(8)}
        assert f"priority-flow-control priority {contract.priority} no-drop" in config.profile
        lossless = config.queues[contract.priority]
        assert f"bandwidth percent {contract.bandwidth_percent}" in lossless
        assert any(
            f"minimum-threshold {contract.ecn_min_bytes} bytes "
            f"maximum-threshold {contract.ecn_max_bytes} bytes "
            f"max-mark-probability {contract.ecn_probability}" in line
            for line in lossless
        )
        assert config.queues[contract.cnp_priority] == ["priority strict"]
        timeout = f"{contract.watchdog_ms / 1000:.2f}"
        assert f"priority-flow-control pause watchdog default timeout {timeout}" in config.top
        for port in switch.ports:
            if port.use != "management":
                assert config.ports[port.name].value("service-profile") == "ROCE"


def test_a_split_port_has_its_speed_and_a_whole_one_has_none():
    _, config = configurations("plain")["backend-su01-r0"]
    assert config.ports["Ethernet1/1"].value("speed") == "400g-4"
    assert config.ports["Ethernet1/5"].value("speed") == "400g-4"
    assert config.ports["Ethernet3/1"].value("speed") is None


def test_the_out_of_band_switch_bridges_and_the_routed_one_has_the_gateway():
    flat, config = configurations("plain")["oob-01"]
    assert config.ports["Vlan221"].value("ip address") == str(flat.management)
    assert not config.bgp
    routed = [
        (switch, own)
        for switch, own in configurations("routed-oob").values()
        if any(port.use == "gateway" for port in switch.ports)
    ]
    assert routed
    for switch, own in routed:
        gateway = next(port for port in switch.ports if port.use == "gateway")
        assert own.ports[f"Vlan{gateway.vlan}"].value("ip address") == str(gateway.address)
        assert own.ports[f"Vlan{gateway.vlan}"].value("ip helper-address")
        assert own.bgp


def test_adaptive_routing_where_the_fabric_has_it():
    design = made(
        fabrics__backend__nos="eos", fabrics__backend__switch=ARISTA, fabrics__backend__adaptive_routing=True
    )
    wiring = Wiring.of(design)
    leaf = next(switch for switch in design.switches if switch.name == "backend-su01-r0")
    assert "load-balance distribution dynamic" in files(leaf, design, wiring)[PATH]


def test_without_pyavd_the_rendering_says_so(monkeypatch):
    assert nos.lacks("eos") is None
    monkeypatch.setattr(nos, "find_spec", lambda name: None if name == "pyavd" else find_spec(name))
    assert nos.maker("eos") is None
    assert nos.maker("sonic") is not None
    said = not_rendered(case("plain", "eos", ARISTA))
    assert said[0].startswith("backend: 6 switches run eos, which pyavd renders")
    assert all("rackwright[eos]" in sentence for sentence in said)


def test_a_large_switch_takes_a_few_milliseconds():
    """About 1 ms was measured for 97 ports; pyavd alone takes 80."""
    design = made(
        machines__gpu__count=64,
        machines__gpu__unit_size=64,
        machines__gpu__rails=4,
        fabrics__backend__nos="eos",
        fabrics__backend__switch=ARISTA,
        fabrics__backend__spines=None,
    )
    wiring = Wiring.of(design)
    leaf = next(switch for switch in design.switches if switch.name == "backend-su01-r0")
    files(leaf, design, wiring)
    start = time.process_time()
    for _ in range(5):
        files(leaf, design, wiring)
    assert (time.process_time() - start) / 5 < 0.020
