"""`rackwright up` on a whole lab: second run, previews, drift, the lock, an interruption, canaries."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.lab.command import ROOT, command

from rackwright import hostkeys, paths, pipeline, secrets
from rackwright.ssh import Door, connect

ENGINE = ("--engine", "in-process")
pytestmark = pytest.mark.timeout(1500)


def on(cluster: Path, name: str, script: str) -> str:
    """Run a script on a device, as a person would by hand."""
    planned = pipeline.plan(str(cluster))
    design, state = planned.design, paths.state_dir(planned.design.name)
    addresses = {server.name: server.management.address.ip for server in design.servers}
    addresses |= {switch.name: switch.management.ip for switch in design.switches}
    key = secrets.path_of(planned.spec.access.ssh_key, planned.path, state)

    async def run() -> str:
        door = Door(name, addresses[name], "root", key, hostkeys.known_hosts(state))
        async with connect(door, 30) as session:
            return (await session.run(["sh", "-c", script], check="by hand")).out

    return asyncio.run(run())


def outcome(done: subprocess.CompletedProcess[str]) -> dict:
    """The last event of a run with ``--json``."""
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return next(event for event in events if event["event"] == "outcome")


PLANTED = "canary-env-7c1f9e4b2a"


@dataclass(frozen=True)
class Watched:
    """A run of `up`, and every argument of every process on this machine while it ran."""

    done: subprocess.CompletedProcess[str]
    arguments: bytes


@pytest.fixture(scope="module")
def second_up(cluster_up: Path) -> Watched:
    """`up` once more, with everything looked at, a secret in its environment, and all processes watched."""
    seen, out = bytearray(), bytearray()
    with subprocess.Popen(
        [sys.executable, "-m", "rackwright", "up", str(cluster_up), *ENGINE, "--json"],
        cwd=ROOT,
        env={**os.environ, "CANARY": PLANTED},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        while process.poll() is None:
            out += process.stdout.read() or b""
            for folder in Path("/proc").iterdir():
                if folder.name.isdigit():
                    try:
                        seen += (folder / "cmdline").read_bytes()
                    except OSError:
                        continue
            time.sleep(0.2)
        out += process.stdout.read() or b""
    done = subprocess.CompletedProcess("up", process.returncode, out.decode(), "")
    return Watched(done, bytes(seen))


def test_second_up_changes_nothing(second_up):
    done = second_up.done
    assert done.returncode == 0, done.stdout[-3000:]
    result = outcome(done)
    assert set(result["counts"]) == {"same"}
    assert result["roles"], "every role was looked at"
    assert [run for run in result["roles"] if run["changed"] or run["failed"]] == []


def test_preview_and_refresh_find_nothing(cluster_up):
    # The second `up` has looked at the platform's roles already.
    layers = ("--stack", "fabric", "--stack", "servers", "--stack", "storage")
    for act in (("preview",), ("refresh", *layers)):
        done = command(*act, cluster_up, *ENGINE, "--expect-no-changes", timeout=400)
        assert done.returncode == 0, done.stdout


LEAF = "backend-su01-r0"
DRIFT = {
    "running": (LEAF, "vtysh -c 'conf t' -c 'ip route 203.0.113.0/24 blackhole'", LEAF),
    "file": (LEAF, "echo '! by hand' >> /etc/frr/frr.conf", LEAF),
    "mtu": ("frontend-leaf-01", "ip link set dev swp1 mtu 1500", "frontend-leaf-01"),
    "leak": (LEAF, "ip -4 rule del priority 1100 iif swp1s0 prohibit", LEAF),
    "mount": ("gpu-su01-n01", "systemctl stop mnt-scratch.mount", "mount-gpu-su01-n01"),
    "role": ("gpu-su01-n02", "echo X=1 >> /etc/nccl.conf", "platform-gpu-su01"),
}


def test_what_was_changed_by_hand_is_found_and_repaired(cluster_up):
    for device, script, _ in DRIFT.values():
        on(cluster_up, device, script)
    uptime = "vtysh -c 'show bgp summary json'"
    before = json.loads(on(cluster_up, LEAF, uptime))["ipv4Unicast"]["peers"]
    found = command("refresh", cluster_up, *ENGINE, "--expect-no-changes", "--json", timeout=400)
    assert found.returncode == 1
    events = [json.loads(line) for line in found.stdout.splitlines()]
    drifted = {event["name"] for event in events if event["event"] == "end" and event["changes"]}
    assert drifted == {resource for _, _, resource in DRIFT.values()}, "each is named, nothing else is blamed"
    repaired = command("up", cluster_up, *ENGINE, "--no-look", timeout=600)
    assert repaired.returncode == 0, repaired.stdout
    after = json.loads(on(cluster_up, LEAF, uptime))["ipv4Unicast"]["peers"]
    assert set(after) == set(before)
    for name, peer in after.items():
        assert peer["peerUptimeMsec"] > before[name]["peerUptimeMsec"], f"the session on {name} was dropped"


def test_server_that_was_switched_off_comes_back(cluster_up):
    disk = on(cluster_up, "control-01", "ls -d /var/lib/cloud/instances/*; echo kept > /root/by-hand")
    fault = command("lab", "fault", cluster_up, "power-cut", "--place", "control-01")
    assert fault.returncode == 0, fault.stderr
    servers = ("--stack", "servers")
    found = command("refresh", cluster_up, *servers, *ENGINE, "--expect-no-changes", timeout=400)
    assert found.returncode == 1
    assert "power: found off, expected on" in found.stdout + found.stderr
    assert command("up", cluster_up, *servers, *ENGINE, "--no-verify", timeout=600).returncode == 0
    assert on(cluster_up, "control-01", "cat /root/by-hand") == "kept\n", (
        "started from disk, not installed anew"
    )
    assert on(cluster_up, "control-01", "ls -d /var/lib/cloud/instances/*") == disk
    assert command("lab", "fault", cluster_up, "--clear").returncode == 0


def test_second_run_at_the_same_time_is_refused(cluster_up):
    with subprocess.Popen(
        [sys.executable, "-m", "rackwright", "refresh", str(cluster_up), *ENGINE],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as first:
        time.sleep(4)
        second = command("up", cluster_up, *ENGINE, timeout=60)
        first.send_signal(signal.SIGINT)
        first.wait(300)
    assert second.returncode == 3
    assert f"locked by process {first.pid} on" in second.stderr
    assert " since 20" in second.stderr


def test_interrupted_once_ends_cleanly(cluster_up):
    on(cluster_up, "gpu-su01-n02", "echo X=1 >> /etc/nccl.conf")
    with subprocess.Popen(
        [sys.executable, "-m", "rackwright", "up", str(cluster_up), *ENGINE, "--no-verify"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 130, said
    assert "interrupted. Begun:" in said
    assert "Remains:" in said
    done = command("up", cluster_up, "--stack", "platform", *ENGINE, "--no-verify", timeout=600)
    assert done.returncode == 0, done.stdout
    assert "X=1" not in on(cluster_up, "gpu-su01-n02", "cat /etc/nccl.conf")


def test_destroy_asks(cluster_up):
    done = command("destroy", cluster_up, timeout=60)
    assert done.returncode == 2
    assert "--yes" in done.stderr


def forms(value: str) -> list[bytes]:
    """A secret as itself, in base64, in hexadecimal, in a URL."""
    raw = value.encode()
    every = {
        raw,
        base64.b64encode(raw).rstrip(b"=")[:-1],
        raw.hex().encode(),
        urllib.parse.quote(value, safe="").encode(),
    }
    return sorted(every)


def test_secrets_are_nowhere(cluster_up, second_up):
    """Passwords, keys and the environment's secrets: not in output, state, records, reports or any argv."""
    state = paths.state_dir(pipeline.plan(str(cluster_up)).design.name)
    canaries = {"environment": forms(PLANTED)}
    for file in (state / "secrets").iterdir():
        text = file.read_text().strip()
        if file.name.endswith("ca") or file.suffix == ".pub":
            continue
        whole = text.splitlines()[len(text.splitlines()) // 2] if "PRIVATE KEY" in text else text
        canaries[file.name] = forms(whole)
    assert command("report", cluster_up, timeout=120).returncode == 0
    places = {"output": second_up.done.stdout.encode(), "argv": second_up.arguments}
    for file in state.rglob("*"):
        if file.is_file() and file.relative_to(state).parts[0] not in ("secrets", "hostkeys"):
            places[str(file.relative_to(state))] = file.read_bytes()
    found = [
        (place, name)
        for place, data in places.items()
        for name, all_ in canaries.items()
        for c in all_
        if c in data
    ]
    assert found == []
