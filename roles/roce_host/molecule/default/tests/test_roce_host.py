"""A port of the compute plane trusts DSCP and pauses one priority."""

from __future__ import annotations

from testinfra.host import Host


def test_ports_trust_dscp_and_pause_one_priority(host: Host) -> None:
    port = host.check_output("ls /sys/class/infiniband/mlx5_0/device/net").split()[0]
    said = host.check_output("mlnx_qos -i %s", port)
    assert "trust state: dscp" in said.lower()
    [enabled] = [line for line in said.splitlines() if line.split()[:1] == ["enabled"]]
    assert enabled.split()[1:].count("1") == 1
