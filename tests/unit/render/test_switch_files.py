"""The other files of a switch."""

from __future__ import annotations


def test_forwarding_is_the_kernels_and_frr_is_silent_where_it_is_on(lab):
    """FRR prints ``no ip forwarding`` where the kernel's is off, nothing where it is on (seen with 10.3)."""
    design, files = lab
    for switch in design.switches:
        texts = files.devices[switch.name]
        routed = switch.tier != "oob"
        assert ("net.ipv4.ip_forward = 1" in texts["/etc/sysctl.d/90-rackwright.conf"]) == routed
        assert ("no ip forwarding\n" in texts["/etc/frr/frr.conf"]) == (not routed)
        assert "\nip forwarding\n" not in texts["/etc/frr/frr.conf"]


def test_every_cabled_data_port_has_a_file_with_its_mtu(lab):
    design, files = lab
    for switch in design.switches:
        for port in switch.ports:
            path = f"/etc/systemd/network/10-{port.name}.network"
            if port.use == "management":
                assert path not in files.devices[switch.name], "eth0 is first boot's"
            else:
                assert f"MTUBytes={port.mtu}\n" in files.devices[switch.name][path]


def test_edge_rules_stand_before_the_host_does(lab):
    text = lab[1].devices["frontend-leaf-01"]["/etc/systemd/network/10-swp1.network"]
    assert "ConfigureWithoutCarrier=yes\n" in text


def test_the_bridge_has_every_port_and_the_switchs_own_address(lab):
    design, files = lab
    oob = next(switch for switch in design.switches if switch.tier == "oob")
    texts = files.devices[oob.name]
    assert f"Address={oob.management}\n" in texts["/etc/systemd/network/10-br0.network"]
    assert "Kind=bridge" in texts["/etc/systemd/network/10-br0.netdev"]
    for port in oob.ports:
        assert "Bridge=br0\n" in texts[f"/etc/systemd/network/10-{port.name}.network"]


def test_hosts_never_send_larger_packets_than_switches_take(site):
    design, _ = site
    for plane in design.planes:
        if plane.name != "management":
            ports = [
                p.mtu
                for s in design.switches
                if s.fabric == plane.fabric
                for p in s.ports
                if p.use != "management"
            ]
            assert all(nic.mtu <= min(ports) for server in design.servers for nic in server.on(plane.name))
