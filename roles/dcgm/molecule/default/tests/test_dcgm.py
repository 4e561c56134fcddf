"""The host engine sees every GPU and watches its health."""

from __future__ import annotations

from testinfra.host import Host


def test_the_engine_sees_every_gpu(host: Host) -> None:
    assert "8 GPUs found" in host.check_output("dcgmi discovery -l")
    assert host.service("nvidia-dcgm").is_running


def test_watches_are_set_at_boot(host: Host) -> None:
    assert host.service("rackwright-dcgm-health").is_enabled
