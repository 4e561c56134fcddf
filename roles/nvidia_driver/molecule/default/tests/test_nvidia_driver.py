"""Package, module and tool are of one version."""

from __future__ import annotations

from testinfra.host import Host


def test_every_layer_says_one_version(host: Host) -> None:
    package = host.package("nvidia-driver-cuda").version.rpartition("-")[0]
    assert f" {package} " in host.file("/proc/driver/nvidia/version").content_string
    said = host.check_output("nvidia-smi --query-gpu=driver_version --format=csv,noheader").split()
    assert set(said) == {package}
    assert len(said) == 8


def test_no_upgrade_moves_it(host: Host) -> None:
    assert {"nvidia-driver-cuda", "libcuda1"} <= set(host.check_output("apt-mark showhold").split())
