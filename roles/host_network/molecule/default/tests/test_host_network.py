"""Every plane has its address, and answers on the port that it was asked on."""

from __future__ import annotations

from testinfra.host import Host


def test_planes_have_addresses_rules_and_neighbours(host: Host) -> None:
    rules = host.check_output("ip -4 rule").splitlines()
    assert [line for line in rules if "lookup 10" in line or "lookup 20" in line] or len(rules) > 3
    assert host.service("systemd-networkd").is_running
    assert host.service("lldpd").is_running


def test_the_kernel_answers_arp_only_for_the_ports_own_address(host: Host) -> None:
    assert host.sysctl("net.ipv4.conf.all.arp_ignore") == 1
