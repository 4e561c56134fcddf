"""containerd says itself that it runs the configuration that was written."""

from __future__ import annotations

from testinfra.host import Host


def test_cdi_is_on_and_systemd_has_the_cgroups(host: Host) -> None:
    dumped = host.check_output("containerd config dump")
    assert "enable_cdi = true" in dumped
    assert "SystemdCgroup = true" in dumped


def test_it_runs(host: Host) -> None:
    assert host.service("containerd").is_running
    assert host.service("containerd").is_enabled
    assert {"containerd", "runc"} <= set(host.check_output("apt-mark showhold").split())
