"""GPUs are divided as the row of tests/molecule/roles.yaml says, each the same; a boot would make them again."""

from __future__ import annotations

import json

from testinfra.host import Host

LAYOUT = "/etc/rackwright/gpu-sharing.json"


def test_each_gpu_has_its_instances(host: Host) -> None:
    asked = json.loads(host.file(LAYOUT).content_string)
    listed = host.check_output("nvidia-smi -L")
    assert listed.count("\n  MIG ") == asked["gpus"] * len(asked["partitions"]) > 0
    modes = host.check_output("nvidia-smi --query-gpu=mig.mode.current --format=csv,noheader").split()
    assert set(modes) == {"Enabled"}


def test_what_was_destroyed_is_made_again_by_the_unit(host: Host) -> None:
    before = host.check_output("nvidia-smi mig -lgi")
    host.check_output("nvidia-smi mig -i 0 -dci && nvidia-smi mig -i 0 -dgi")
    host.check_output("systemctl restart rackwright-gpu-sharing.service")
    assert host.check_output("nvidia-smi mig -lgi") == before
    assert host.service("rackwright-gpu-sharing").is_enabled


def test_containers_would_get_instances(host: Host) -> None:
    """The unit comes before the file that lists devices for containers."""
    said = host.check_output("systemctl show -p Before --value rackwright-gpu-sharing.service").split()
    assert {"containerd.service", "kubelet.service", "nvidia-cdi-refresh.service"} <= set(said)
