"""Fabric manager is of the driver's version and has set the fabric up."""

from __future__ import annotations

from testinfra.host import Host


def test_it_runs_with_the_drivers_version(host: Host) -> None:
    [package] = [
        line
        for line in host.check_output("dpkg-query -W 'nvidia-fabricmanager-*'").splitlines()
        if line.split()[1:]
    ]
    version = package.split()[1].rpartition("-")[0]
    assert f" {version} " in host.file("/proc/driver/nvidia/version").content_string
    assert host.service("nvidia-fabricmanager").is_running
    assert host.service("nvidia-fabricmanager").is_enabled
