"""RCCL is there in the locked version and held."""

from __future__ import annotations

from testinfra.host import Host


def test_the_library_is_held(host: Host) -> None:
    assert host.package("rccl").is_installed
    assert "rccl" in host.check_output("apt-mark showhold").split()
    assert "NCCL_IB_HCA" in host.file("/etc/rccl.conf").content_string
