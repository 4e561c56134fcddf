"""The RDMA stack of the lock shows the machine's devices."""

from __future__ import annotations

from testinfra.host import Host


def test_the_tools_show_the_devices(host: Host) -> None:
    assert "mlx5" in host.check_output("ibv_devinfo -l")
    assert host.file("/etc/modprobe.d/90-rackwright-rdma.conf").is_file


def test_the_tools_of_the_lock_are_held(host: Host) -> None:
    assert "ibverbs-utils" in host.check_output("apt-mark showhold").split()
