"""The roles against a whole cluster: nothing to do twice, repair by hand-made change, refusal in time."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.lab.fingerprint import world
from tests.lab.playbook import ROOT, argv, environment, play

from rackwright import pipeline
from rackwright.lab.inside import must, run_in
from rackwright.lab.place import Place

pytestmark = pytest.mark.timeout(1500)
GPU = "gpu-su01-n01"
KILLS = 3


@pytest.fixture
def place(cluster_up: Path) -> Place:
    return Place(pipeline.plan(str(cluster_up)).design.name)


def test_a_second_run_changes_nothing(cluster_up: Path) -> None:
    before = world(cluster_up)
    played = play(cluster_up)
    assert played.failed() == []
    assert played.changed() == []
    assert played.code == 0
    assert set(played.stats) == {server.name for server in pipeline.plan(str(cluster_up)).design.servers}
    assert world(cluster_up) == before


def test_check_mode_has_nothing_to_say(cluster_up: Path) -> None:
    """One server of each kind: test_up lets `up` look at all of them."""
    played = play(cluster_up, "--check", "--diff", "--limit", f"{GPU},control-01,storage-01")
    assert played.failed() == []
    assert played.changed() == []
    assert played.diffs() == []


def test_what_was_changed_by_hand_is_put_right_and_nothing_else(cluster_up: Path, place: Place) -> None:
    before = world(cluster_up)
    must(place, GPU, ["ip", "link", "set", "enp24s0np0", "mtu", "1500"])
    must(place, GPU, ["ip", "rule", "del", "from", "10.64.0.1"])
    must(place, GPU, ["sh", "-c", "echo 0 > /proc/sys/net/ipv4/conf/all/arp_ignore"])
    must(place, GPU, ["sh", "-c", "echo NCCL_DEBUG=TRACE >> /etc/nccl.conf"])
    must(place, GPU, ["apt-mark", "unhold", "libnccl2"])
    played = play(cluster_up, "--tags", "host_network,nccl")
    assert played.failed() == []
    assert {host for _, host in played.changed()} == {GPU}
    assert [task for task, _ in played.changed()] == [
        "host_network : Apply the planes' kernel settings",
        "host_network : Bring the kernel to the design",
        "nccl : Install the locked NCCL, pinned and held",
        "nccl : Write nccl.conf",
    ]
    assert world(cluster_up) == before
    assert "libnccl2" in must(place, GPU, ["apt-mark", "showhold"])
    assert must(place, GPU, ["cat", "/proc/sys/net/ipv4/conf/all/arp_ignore"]).strip() == "1"


def test_a_service_older_than_its_configuration_is_restarted(cluster_up: Path, place: Place) -> None:
    """As after a run that was killed between writing the file and restarting the daemon."""
    started = must(place, GPU, ["systemctl", "show", "-P", "ActiveEnterTimestampMonotonic", "lldpd"])
    must(place, GPU, ["touch", "/etc/lldpd.d/rackwright.conf"])
    played = play(cluster_up, "--limit", GPU, "--tags", "host_network")
    assert played.changed() == [("host_network : Run networkd, and LLDP with what is on disk", GPU)]
    assert must(place, GPU, ["systemctl", "show", "-P", "ActiveEnterTimestampMonotonic", "lldpd"]) != started


def test_the_driver_is_refused_with_every_reason_and_before_anything_changes(
    cluster_up: Path, place: Place
) -> None:
    before = must(place, GPU, ["dpkg-query", "-W"])
    wrong = '{"nvidia_driver_version": "580.200.01", "nvidia_driver_kernel_minimum": "99.0"}'
    played = play(cluster_up, "--limit", GPU, "-e", wrong, "-e", packages("580.200.01-1"), playbook="gpu.yml")
    [(task, host, text)] = played.failed()
    assert (task, host) == ("nvidia_driver : Find every reason not to install the driver", GPU)
    assert "lock: nvidia-persistenced: found 580.159.03-1, expected 580.200.01-*" in text
    assert "expected 99.0 or newer" in text
    assert "repository: nvidia-driver-cuda: found 580.159.03-1" in text
    assert "expected 580.200.01-1" in text
    assert played.changed() == []
    assert must(place, GPU, ["dpkg-query", "-W"]) == before


@pytest.mark.parametrize(
    ("role", "given", "reason"),
    [
        (
            "fabric_manager",
            '{"fabric_manager_version": "550.127.05"}',
            "driver: found fabric manager 550.127.05 with driver 580.159.03, expected one version",
        ),
        (
            "fabric_manager",
            '{"fabric_manager_nvswitches": 0, "fabric_manager_nvlink_domain": "gpu-su01-r01"}',
            "NV_WARN_NOTHING_TO_DO, it runs on the switch trays of NVLink domain gpu-su01-r01",
        ),
        (
            "gpu_persistence",
            '{"gpu_persistence_version": "570.158.01"}',
            "driver: found persistence daemon 570.158.01 with driver 580.159.03, expected one version",
        ),
        ("gds", '{"gds_packages": {"nvidia-fs-dkms": "9.9.9-1"}}', "expected 9.9.9-1"),
        ("dcgm_exporter", '{"dcgm_exporter_address": "0.0.0.0"}', "every plane would see it"),
    ],
)
def test_a_component_that_does_not_fit_is_refused_before_anything_changes(
    cluster_up: Path, place: Place, role: str, given: str, reason: str
) -> None:
    before = must(place, GPU, ["dpkg-query", "-W"])
    played = play(cluster_up, "--limit", GPU, "--tags", role, "-e", given, playbook="gpu.yml")
    [(task, _, text)] = played.failed()
    assert task.startswith(f"{role} : Find every reason not to install")
    assert reason in text
    assert played.changed() == []
    assert must(place, GPU, ["dpkg-query", "-W"]) == before


def packages(version: str) -> str:
    return f'{{"nvidia_driver_packages": {{"nvidia-driver-cuda": "{version}"}}}}'


def test_a_gpu_in_use_keeps_its_driver(cluster_up: Path, place: Place) -> None:
    run_in(place, GPU, ["systemd-run", "--unit=job", "sh", "-c", "exec 3</dev/nvidia0; exec sleep 300"])
    try:
        played = play(cluster_up, "--limit", GPU, "-e", packages("580.200.01-1"), playbook="gpu.yml")
        assert "jobs: found sleep (" in played.failed()[0][2]
        quiet = play(cluster_up, "--limit", GPU, "--tags", "nvidia_driver", playbook="gpu.yml")
        assert quiet.failed() == [], "a job is no hindrance where nothing has to change"
    finally:
        must(place, GPU, ["systemctl", "stop", "job"])


def test_no_key_for_the_depot_stops_before_anything_changes(cluster_up: Path) -> None:
    played = play(cluster_up, "--limit", GPU, "--tags", "base", "-e", '{"base_apt_key": ""}')
    [(task, _, text)] = played.failed()
    assert task == "base : Find every reason not to begin"
    assert "no key for the repository" in text


def test_a_host_whose_key_changed_is_not_touched(cluster_up: Path, place: Place) -> None:
    must(place, GPU, ["mv", "/etc/ssh/ssh_host_ed25519_key", "/root/key.away"])
    must(place, GPU, ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/ssh_host_ed25519_key"])
    must(place, GPU, ["systemctl", "restart", "ssh"])
    close_connections(cluster_up)
    try:
        played = play(cluster_up, "--limit", GPU, "--tags", "base")
        assert played.changed() == []
        assert "Host key verification failed" in played.failed()[0][2]
    finally:
        must(place, GPU, ["mv", "/root/key.away", "/etc/ssh/ssh_host_ed25519_key"])
        must(
            place,
            GPU,
            [
                "sh",
                "-c",
                "ssh-keygen -y -f /etc/ssh/ssh_host_ed25519_key > /etc/ssh/ssh_host_ed25519_key.pub",
            ],
        )
        must(place, GPU, ["systemctl", "restart", "ssh"])


def close_connections(cluster: Path) -> None:
    """End the connections that Ansible keeps open, so that the next one is a first contact."""
    address = next(
        s for s in pipeline.plan(str(cluster)).design.servers if s.name == GPU
    ).management.address.ip
    for socket in Path.home().glob(".ansible/cp/*"):
        subprocess.run(
            ["ssh", "-o", f"ControlPath={socket}", "-O", "exit", address], capture_output=True, timeout=20
        )


def test_a_run_killed_at_any_moment_is_finished_by_the_next(cluster_up: Path, place: Place) -> None:
    """Of two roles that touch each other's ground; tests/molecule kills every role at every task."""
    wanted = world(cluster_up)
    some = ("--limit", GPU, "--tags", "host_network,nccl")
    dice = random.Random(7)  # noqa: S311 - a repeatable choice of moments
    for _ in range(KILLS):
        must(
            place,
            GPU,
            ["sh", "-c", "apt-get -qq -y --allow-change-held-packages remove libnccl2"],
            timeout=120,
        )
        must(place, GPU, ["rm", "-f", "/etc/nccl.conf", "/etc/apt/preferences.d/rackwright-nccl"])
        must(place, GPU, ["ip", "rule", "del", "from", "10.64.0.1"])
        process = subprocess.Popen(
            argv(cluster_up, *some),
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(dice.uniform(2, 15))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
        assert play(cluster_up, *some).failed() == []
        assert play(cluster_up, *some).changed() == []
        assert world(cluster_up)[GPU] == wanted[GPU]
