"""GPUDirect Storage's module runs beside the driver."""

from __future__ import annotations

from testinfra.host import Host


def test_module_and_settings(host: Host) -> None:
    assert host.file("/proc/driver/nvidia-fs/version").exists
    assert host.file("/etc/cufile.json").is_file
    assert "nvidia-fs-dkms" in host.check_output("apt-mark showhold").split()
