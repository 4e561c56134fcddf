"""The device nodes are there before anything looks for them, and the driver keeps its state."""

from __future__ import annotations

from testinfra.host import Host


def test_nodes_and_daemon(host: Host) -> None:
    for name in ("nvidiactl", "nvidia0", "nvidia7", "nvidia-uvm"):
        assert host.file(f"/dev/{name}").exists
    assert host.service("rackwright-gpu-nodes").is_enabled
    assert host.service("nvidia-persistenced").is_running


def test_persistence_mode_is_on(host: Host) -> None:
    said = host.check_output("nvidia-smi --query-gpu=persistence_mode --format=csv,noheader").split()
    assert set(said) == {"Enabled"}
