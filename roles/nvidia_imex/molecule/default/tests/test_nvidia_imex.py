"""IMEX is installed, and runs on the host or not at all."""

from __future__ import annotations

from testinfra.host import Host


def test_one_of_the_two(host: Host) -> None:
    assert host.package("nvidia-imex").is_installed
    state = host.check_output("systemctl show -P LoadState -P ActiveState nvidia-imex").split()
    assert state in (["loaded", "active"], ["masked", "inactive"])
