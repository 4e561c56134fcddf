"""NCCL is there in the locked version, held, and told which devices carry its plane."""

from __future__ import annotations

from testinfra.host import Host


def test_the_library_is_held(host: Host) -> None:
    assert host.package("libnccl2").is_installed
    assert "libnccl2" in host.check_output("apt-mark showhold").split()


def test_the_compute_planes_devices_are_named_exactly(host: Host) -> None:
    lines = host.file("/etc/nccl.conf").content_string.splitlines()
    [devices] = [line for line in lines if line.startswith("NCCL_IB_HCA=")]
    named = devices.removeprefix("NCCL_IB_HCA=")
    assert named.startswith("="), "without the second sign NCCL takes mlx5_1 for mlx5_10 too"
    assert named.removeprefix("=").split(",")
