"""Every GPU has a CDI name, and the file is made anew when the driver changes."""

from __future__ import annotations

from testinfra.host import Host


def test_every_gpu_has_a_cdi_name(host: Host) -> None:
    names = host.check_output("nvidia-ctk cdi list").split()
    assert {f"nvidia.com/gpu={n}" for n in range(8)} <= set(names)
    assert "nvidia.com/gpu=all" in names


def test_the_file_is_kept_fresh(host: Host) -> None:
    assert host.service("nvidia-cdi-refresh.path").is_running
