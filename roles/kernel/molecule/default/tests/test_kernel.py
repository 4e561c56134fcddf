"""The kernel is new enough, and its packages stay as they are."""

from __future__ import annotations

from testinfra.host import Host


def test_the_running_kernel_is_that_of_the_machine(host: Host) -> None:
    major, minor = host.check_output("uname -r").split(".")[:2]
    assert (int(major), int(minor)) >= (4, 15)
    assert not host.file("/run/reboot-required").exists
