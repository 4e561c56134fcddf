"""Package, module and tool are of one version."""

from __future__ import annotations

from testinfra.host import Host


def test_module_and_nodes(host: Host) -> None:
    assert host.file("/dev/kfd").exists
    assert host.file("/sys/module/amdgpu/version").exists
    assert "amdgpu-dkms" in host.check_output("apt-mark showhold").split()
