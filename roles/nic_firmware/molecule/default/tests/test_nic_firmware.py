"""The NICs run the firmware of the lock."""

from __future__ import annotations

from testinfra.host import Host


def test_every_nic_reports_one_version(host: Host) -> None:
    shown = host.check_output("ibv_devinfo | grep fw_ver").splitlines()
    assert shown
    assert len({line.split()[-1] for line in shown}) == 1
