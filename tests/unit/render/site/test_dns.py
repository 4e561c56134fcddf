"""DNS zones, read back by dnspython: names, addresses and reverse records agree with the design."""

from __future__ import annotations

import shutil
import subprocess
from ipaddress import ip_address, ip_network

import dns.rdatatype
import dns.reversename
import dns.zone
import pytest
from tests.unit.design.clusters import made
from tests.unit.design.test_usage import SIX

from rackwright.design.ipv6 import Six
from rackwright.render.site.dns import files
from rackwright.render.wiring import Wiring

SHAPES = {
    "flat": SIX,
    "routed": {**SIX, "fabrics__oob__routed": True},
    "small": {**SIX, "planes__management__prefix": "10.112.0.0/21"},
    "shared": {**SIX, "fabrics__frontend__ports": "shared"},
    "nibble": {**SIX, "planes__storage__prefix6": "2001:db8:100::/41"},
    "parallel": {
        "machines__gpu": {"sku": "dgx-b300", "count": 4, "rails": 4, "unit_size": 4},
        "fabrics__backend__homing": "parallel",
        "fabrics__backend__nic_ports": 2,
    },
}


@pytest.fixture(params=sorted(SHAPES))
def zones(request):
    """(design, zones by name, text by path)."""
    design = made(**SHAPES[request.param])
    texts = files(design, Wiring.of(design))
    read = {
        path[4:-5]: dns.zone.from_text(text, relativize=False)
        for path, text in texts.items()
        if path.startswith("dns/")
    }
    return design, read, texts


def records(read, kind):
    return [
        (str(name), str(row))
        for zone in read.values()
        for name, _, row in zone.iterate_rdatas(dns.rdatatype.from_text(kind))
    ]


def test_each_address_has_a_name_and_each_name_goes_back(zones):
    _, read, _ = zones
    forward = records(read, "A") + records(read, "AAAA")
    back = dict(records(read, "PTR"))
    assert len(back) == len(forward)
    for name, address in forward:
        assert back[str(dns.reversename.from_address(address))] == name


def test_servers_planes_bmcs_switches_and_loopbacks_are_where_the_design_says(zones):
    design, read, _ = zones
    found = {}
    for name, address in records(read, "A"):
        found.setdefault(name.removesuffix(".test.internal."), []).append(address)
    assert all(len(rows) == 1 for rows in found.values())
    one = {name: rows[0] for name, rows in found.items()}
    named = {"controller": design.controller.ip, "depot": design.depot.ip}
    assert named.items() <= one.items()
    for server in design.servers:
        assert one[server.name] == server.management.address.ip
        assert one[f"{server.name}-bmc"] == server.bmc.address.ip
        mine = {address for name, address in one.items() if name.startswith(f"{server.name}-")}
        assert {nic.address.ip for nic in server.nics} <= mine | {one[server.name]}
        for plane in ("storage", "business"):
            assert one[f"{server.name}-{plane}"] == server.on(plane)[0].address.ip
    for switch in design.switches:
        assert one[switch.name] == switch.management.ip
        if switch.loopback and switch.loopback != switch.management:
            assert one[f"{switch.name}-lo"] == switch.loopback.ip


def test_ipv6_follows_ipv4(zones):
    design, read, _ = zones
    sixes = [(plane, six) for plane in design.planes if (six := Six.of(plane))]
    four, six = dict(records(read, "A")), dict(records(read, "AAAA"))
    assert set(six) <= set(four)
    assert bool(six) == bool(sixes)
    if sixes:
        assert set(six) == set(four)
        for name, address in six.items():
            value = int(ip_address(four[name]))
            (own,) = [way for plane, way in sixes if ip_address(four[name]) in ip_network(plane.prefix)]
            assert ip_address(address) == ip_address(own.ip(value))


def test_every_zone_has_an_authority_and_keeps_to_itself(zones):
    _, read, _ = zones
    for name, zone in read.items():
        assert zone.get_soa().serial == 1
        assert all(str(row).endswith(f"{name}.") for row in zone.nodes)


def test_bind_loads_every_zone(zones, tmp_path):
    program = shutil.which("named-checkzone")
    if program is None:
        pytest.skip("named-checkzone (bind9-utils) is not here")
    for path, text in zones[2].items():
        if path.startswith("dns/"):
            file = tmp_path / "zone"
            file.write_text(text)
            subprocess.run([program, "-q", path[4:-5], str(file)], check=True, timeout=20)


def test_the_hosts_file_says_the_same(zones):
    _, read, texts = zones
    rows = [line.split() for line in texts["addresses/hosts"].splitlines()]
    assert sorted((row[1] + ".", row[0]) for row in rows) == sorted(records(read, "A"))


def test_a_reverse_zone_of_ipv6_has_no_address_of_another_plane(zones):
    design, read, _ = zones
    prefixes = [ip_network(plane.prefix6) for plane in design.planes if plane.prefix6]
    for name in read:
        if name.endswith("ip6.arpa"):
            digits = name.removesuffix(".ip6.arpa").split(".")[::-1]
            text = "".join(digits).ljust(32, "0")
            zone = ip_network((int(text, 16), 4 * len(digits)))
            assert [prefix for prefix in prefixes if zone.subnet_of(prefix)], name
