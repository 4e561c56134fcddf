"""IPv6, VLANs and port names of ours on a host; a plane without them is rendered as before."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Interface, IPv6Network

import pytest
from tests.unit.design.clusters import made
from tests.unit.design.test_usage import SIX
from tests.unit.render.test_host import Sections

from rackwright.render.host import host_files
from rackwright.render.host_names import RDMA_RULES

SHARED = {"fabrics__frontend__ports": "shared"}
B300 = {
    "machines__gpu": {"sku": "dgx-b300", "count": 4, "rails": 4, "unit_size": 4},
    "fabrics__backend__homing": "parallel",
    "fabrics__backend__nic_ports": 2,
}


def networks(design, name):
    """Every networkd file of a server, by name, with each ``Address=`` and ``VLAN=`` of it."""
    server = next(server for server in design.servers if server.name == name)
    return server, {
        path.rsplit("/", 1)[1]: text
        for path, text in host_files(server, design).items()
        if path.startswith("/etc/systemd/network/")
    }


def values(text, key):
    return re.findall(rf"^{key}=(.+)$", text, re.M)


@pytest.mark.parametrize("changes", [{}, {"fabrics__oob__routed": True}], ids=["flat", "routed"])
def test_ipv6_has_the_same_routes_and_rules_as_ipv4(changes):
    design = made(**SIX, **changes)
    server, files = networks(design, "gpu-su01-n02")
    for nic in server.nics:
        (path,) = [path for path in files if path.endswith(f"-{nic.name}.network")]
        four, six = values(files[path], "Address")
        assert four == str(nic.address)
        prefix6 = IPv6Network(design.plane(nic.plane).prefix6)
        assert IPv6Interface(six).ip in prefix6
        blocks = [block for block in files[path].split("\n\n") if block.startswith("[Route]")]
        old = [block for block in blocks if ":" not in block]
        new = [block for block in blocks if ":" in block]
        assert len(old) == len(new)
        for one, other in zip(old, new, strict=True):
            assert values(one, "Table") == values(other, "Table")
            assert bool(values(one, "Destination")) == bool(values(other, "Destination"))
            (gateway,) = values(other, "Gateway")
            assert IPv6Address(gateway) in IPv6Interface(six).network
        rules = values(files[path], "From")
        wanted = [f"{nic.address.ip}/32", f"{IPv6Interface(six).ip}/128"]
        assert rules == (wanted if nic.table is not None else [])


def test_only_the_plane_that_has_ipv6_shows_it():
    only = {"planes__storage__prefix6": SIX["planes__storage__prefix6"]}
    plain, six = (networks(made(**changes), "gpu-su01-n01")[1] for changes in ({}, only))
    assert {path for path in six if six[path] != plain[path]} == {
        path for path in six if path.startswith("30-")
    }


def test_a_shared_port_carries_the_other_plane_in_a_vlan():
    design = made(**SHARED)
    server, files = networks(design, "gpu-su01-n01")
    subs = [nic for nic in server.nics if nic.parent]
    assert {(nic.plane, nic.vlan) for nic in subs} == {("business", 211)}
    for nic in subs:
        netdev = Sections(files[f"20-{nic.name}.netdev"])
        assert dict(netdev["NetDev 1"]) == {"Name": nic.name, "Kind": "vlan", "MTUBytes": str(nic.mtu)}
        assert dict(netdev["VLAN 1"]) == {"Id": "211"}
        (parent,) = [path for path in files if path.endswith(f"-{nic.parent}.network")]
        assert values(files[parent], "VLAN") == [nic.name]
        assert int(values(files[parent], "MTUBytes")[0]) >= nic.mtu
        assert values(files[f"20-{nic.name}.network"], "Address") == [str(nic.address)]
    all_files = host_files(server, design)
    lldp = all_files["/etc/lldpd.d/rackwright.conf"]
    assert not [nic.name for nic in subs if nic.name in lldp]


def test_a_name_with_a_dot_is_one_step_of_a_sysctl_path():
    design = made(**SHARED)
    server = design.servers[0]
    nics = tuple(replace(nic, name="eth0.211") if nic.parent else nic for nic in server.nics)
    sysctl = host_files(replace(server, nics=nics), design)["/etc/sysctl.d/90-rackwright-planes.conf"]
    assert "net/ipv4/conf/eth0.211/arp_ignore = 1\n" in sysctl
    assert "net.ipv4.conf.eth0.211" not in sysctl


def test_tables_of_one_server_are_told_apart():
    for changes in ({}, SHARED, B300):
        for server in made(**changes).servers:
            tables = [nic.table for nic in server.nics if nic.table is not None]
            assert len(set(tables)) == len(tables)


def test_ports_of_a_divided_nic_are_named_by_their_pci_function():
    design = made(**B300)
    server = design.servers[0]
    compute = server.on("compute")
    assert len(compute) == 8
    files = host_files(server, design)
    known = [nic for nic in compute if nic.pci]
    links = {path: text for path, text in files.items() if path.endswith(".link")}
    assert len(links) == len(known)
    for nic in known:
        text = links[f"/etc/systemd/network/10-{nic.name}.link"]
        assert Sections(text)["Match 1"]["Path"] == f"pci-{nic.pci}"
        assert Sections(text)["Link 1"]["Name"] == nic.name
        assert f'KERNELS=="{nic.pci}", PROGRAM="rdma_rename %k NAME_FIXED {nic.rdma}"\n' in files[RDMA_RULES]
    if not known:
        assert RDMA_RULES not in files


def test_names_follow_the_pci_function_where_the_sku_says_it():
    """No row of the catalog that divides has PCI functions on record yet, so one is made up."""
    design = made(**B300)
    server = design.servers[0]
    nics = tuple(
        replace(nic, pci=f"0000:{0x10 + nic.rail:02x}:00.{nic.port}") if nic.plane == "compute" else nic
        for nic in server.nics
    )
    files = host_files(replace(server, nics=nics), design)
    assert Sections(files["/etc/systemd/network/10-eth_p1_r2.link"])["Match 1"]["Path"] == "pci-0000:12:00.1"
    rules = files[RDMA_RULES].splitlines()[1:]
    assert len(rules) == 8
    assert (
        rules[0] == 'ACTION=="add", SUBSYSTEM=="infiniband", KERNELS=="0000:10:00.0", '
        'PROGRAM="rdma_rename %k NAME_FIXED roce_p0_r0"'
    )


def test_servers_of_the_lab_have_kernel_names_only():
    design = made()
    assert not [path for path in host_files(design.servers[0], design) if path.endswith((".link", ".rules"))]
