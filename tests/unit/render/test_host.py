"""Host files: one table for each rail, bound to its source address; ARP settings; NCCL's device list."""

from __future__ import annotations

from configparser import ConfigParser

import pytest


class Sections(ConfigParser):
    """networkd repeats sections; number them so that none is lost."""

    def __init__(self, text):
        super().__init__(strict=True, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
        self.optionxform = str
        seen, lines = {}, []
        for line in text.splitlines():
            if line.startswith("["):
                name = line.strip("[]")
                seen[name] = seen.get(name, 0) + 1
                line = f"[{name} {seen[name]}]"
            lines.append(line)
        self.read_string("\n".join(lines))


def networks(files, server):
    return {
        path.rsplit("/", 1)[1]: Sections(text)
        for path, text in files.devices[server].items()
        if path.endswith(".network")
    }


@pytest.mark.parametrize("rail", range(4))
def test_a_rail_has_its_own_table_and_no_route_in_main(lab, rail):
    design, files = lab
    server = next(server for server in design.servers if server.name == "gpu-su01-n02")
    nic = server.on("compute")[rail]
    file = networks(files, server.name)[f"40-{nic.name}.network"]
    assert file["Network 1"]["Address"] == f"10.{64 + 2 * rail}.0.3/31"
    assert dict(file["Route 1"]) == {"Gateway": f"10.{64 + 2 * rail}.0.2", "Table": str(101 + rail)}
    assert "Route 2" not in file
    assert dict(file["RoutingPolicyRule 1"]) == {
        "From": f"10.{64 + 2 * rail}.0.3/32",
        "Table": str(101 + rail),
        "Priority": str(1101 + rail),
    }
    assert file["Link 1"]["MTUBytes"] == "9000"


def test_unbound_sockets_find_storage_and_business_through_their_own_ports(lab):
    file = networks(lab[1], "gpu-su01-n01")
    assert dict(file["30-enp41s0f0np0.network"]["Route 2"]) == {
        "Destination": "10.80.0.0/14",
        "Gateway": "10.80.0.0",
    }
    assert dict(file["20-enp170s0f1np1.network"]["Route 2"])["Destination"] == "10.96.0.0/14"
    assert "Route 1" not in file["10-eno3.network"]


def test_arp_settings_stand_on_all_and_on_each_port(lab):
    design, files = lab
    server = design.servers[0]
    text = files.devices[server.name]["/etc/sysctl.d/90-rackwright-planes.conf"]
    for port in ("all", *(nic.name for nic in server.nics)):
        assert f"net.ipv4.conf.{port}.arp_ignore = 1\n" in text
        assert f"net.ipv4.conf.{port}.arp_announce = 2\n" in text
        assert f"net.ipv4.conf.{port}.rp_filter = 2\n" in text


def nccl(text):
    """As NCCL's own parser reads it: split at the first ``=``, nothing trimmed, ``#`` only at column 0."""
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))


def test_nccl_names_compute_devices_only_and_exactly(lab):
    design, files = lab
    read = nccl(files.devices["gpu-su01-n01"]["/etc/nccl.conf"])
    assert read == {
        "NCCL_IB_HCA": "=mlx5_0,mlx5_3,mlx5_4,mlx5_5",
        "NCCL_SOCKET_IFNAME": "=enp170s0f1np1",
        "NCCL_IB_TC": "106",
        "NCCL_IB_GID_INDEX": "3",
        "NCCL_IB_ADAPTIVE_ROUTING": "0",
    }
    server = design.servers[0]
    others = {nic.rdma for nic in server.nics if nic.plane != "compute" and nic.rdma}
    assert others == {"mlx5_1", "mlx5_8"}
    assert not others & set(read["NCCL_IB_HCA"].removeprefix("=").split(","))


def test_eight_rails_skip_the_storage_card_between_them(site):
    design, files = site
    gpu = next(server for server in design.servers if server.role == "gpu")
    path = "/etc/rccl.conf" if "AMD" in gpu.gpu_product else "/etc/nccl.conf"
    listed = nccl(files.devices[gpu.name][path])["NCCL_IB_HCA"]
    assert listed.removeprefix("=").split(",") == [nic.rdma for nic in gpu.on("compute")]
    assert len(listed) < 1023


def test_servers_without_gpus_have_no_nccl_conf(lab):
    assert "/etc/nccl.conf" not in lab[1].devices["storage-01"]


def test_infiniband_ports_have_infiniband_names_and_one_flat_subnet_for_a_rail():
    from rackwright.pipeline import plan

    design = plan("superpod-h100-127").design
    nic = design.servers[0].on("compute")[0]
    assert (nic.name, nic.gateway, nic.table, str(nic.address)) == ("ibp24s0", None, None, "10.64.0.1/16")
    assert nic.mtu == 2044
    assert all(len(nic.name) <= 15 for server in design.servers for nic in server.nics)
