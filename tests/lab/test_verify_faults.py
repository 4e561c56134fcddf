"""Each fault of the lab on a real one: verify gives one finding, at its place, and none after it is healed.

Needs root and a lab that is up: the session fixture ``cluster_up`` gives its cluster file. Outside of pytest:
``python tests/lab/test_verify_faults.py CLUSTER [KIND...]`` plays them on a lab that is up and prints the
table of docs/faults.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

HEAL_SECONDS = 60
RACKWRIGHT = (sys.executable, "-m", "rackwright")


@dataclass(frozen=True)
class Planted:
    """A fault and what verify must say: layer, cause, and places that the finding names."""

    kind: str
    places: tuple[str, ...]
    layer: str
    cause: str
    names: tuple[str, ...]


FAULTS = (
    Planted(
        "miswired",
        ("backend-su01-r0:swp1s0", "backend-su01-r1:swp1s1"),
        "cable",
        "miswired",
        ("backend-su01-r0:swp1s0", "backend-su01-r1:swp1s1"),
    ),
    Planted("cable-pulled", ("backend-su01-r0:swp1s0",), "cable", "no link", ("backend-su01-r0:swp1s0",)),
    Planted("cable-pulled", ("backend-spine-01:swp2",), "cable", "no link", ("backend-spine-01:swp2",)),
    Planted("mtu", ("backend-su01-r0:swp1s1",), "port", "wrong MTU", ("backend-su01-r0:swp1s1",)),
    Planted("bmc-slow", ("gpu-su01-n02",), "bmc", "BMC does not serve", ("gpu-su01-n02:bmc",)),
    Planted("bmc-failing", ("gpu-su01-n02",), "bmc", "BMC does not serve", ("gpu-su01-n02:bmc",)),
    Planted("bmc-password", ("gpu-su01-n02",), "bmc", "BMC does not serve", ("gpu-su01-n02:bmc",)),
    Planted("version-skew", ("gpu-su01-n01",), "node", "GPU software out of step", ("gpu-su01-n01",)),
    Planted("fm-mismatch", ("gpu-su01-n01",), "node", "GPU software out of step", ("gpu-su01-n01",)),
    Planted("gpu-missing", ("gpu-su01-n01:5",), "node", "GPUs differ", ("gpu-su01-n01",)),
    Planted("gpu-lost", ("gpu-su01-n02:5",), "node", "GPU fell off the bus", ("gpu-su01-n02",)),
    Planted("ecc", ("gpu-su01-n01:5",), "node", "GPU memory errors", ("gpu-su01-n01",)),
    Planted("remap-failed", ("gpu-su01-n01:5",), "node", "GPU memory errors", ("gpu-su01-n01",)),
    Planted("nvlink-down", ("gpu-su01-n02:5",), "node", "NVLink down", ("gpu-su01-n02",)),
    Planted("pcie-width", ("gpu-su01-n01:5",), "node", "PCIe link of a GPU", ("gpu-su01-n01",)),
    Planted("pcie-generation", ("gpu-su01-n01:5",), "node", "PCIe link of a GPU", ("gpu-su01-n01",)),
    Planted("no-device-nodes", ("gpu-su01-n01",), "node", "device nodes missing", ("gpu-su01-n01",)),
    Planted("link-flap", ("gpu-su01-n01:enp24s0np0",), "port", "link flaps", ("gpu-su01-n01:enp24s0np0",)),
    Planted(
        "nic-pcie", ("gpu-su01-n02:enp64s0np0",), "port", "PCIe link of a NIC", ("gpu-su01-n02:enp64s0np0",)
    ),
    Planted(
        "nic-firmware", ("gpu-su01-n02:enp64s0np0",), "node", "NIC firmware out of step", ("gpu-su01-n02",)
    ),
    Planted(
        "roce-drift", ("gpu-su01-n02:enp24s0np0",), "port", "RoCE PFC differs", ("gpu-su01-n02:enp24s0np0",)
    ),
    Planted(
        "switch-edited", ("backend-su01-r0",), "configuration", "configuration differs", ("backend-su01-r0",)
    ),
    Planted(
        "plane-leak",
        ("frontend-leaf-01",),
        "switch",
        "plane leak: policy rules differ",
        ("frontend-leaf-01:swp1", "frontend-leaf-01:swp2"),
    ),
    Planted("server-dead", ("gpu-su01-n02",), "power", "powered off", ("gpu-su01-n02",)),
)
TOGETHER = (
    ("fm-mismatch", "nic-firmware"),
    ("gpu-missing", "nvlink-down"),
    ("ecc", "gpu-lost"),
    ("remap-failed", "nic-pcie"),
    ("pcie-width", "roce-drift"),
    ("version-skew", "bmc-slow"),
    ("no-device-nodes", "bmc-failing"),
    ("pcie-generation", "bmc-password"),
    ("link-flap", "switch-edited"),
    ("mtu", "plane-leak"),
)
"""Kinds that are planted at the same time, on two machines: each still is one finding, at its own place."""


def rounds() -> list[tuple[Planted, ...]]:
    """Every fault once: alone, or with another that has nothing to do with it."""
    by_kind = {each.kind: each for each in FAULTS}
    pairs = [tuple(by_kind[kind] for kind in kinds) for kinds in TOGETHER]
    paired = {kind for kinds in TOGETHER for kind in kinds}
    return [*((each,) for each in FAULTS if each.kind not in paired), *pairs]


def rackwright(*words: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RACKWRIGHT, *words], capture_output=True, text=True, timeout=timeout, check=False)


def verify(cluster: Path | str) -> tuple[int, dict]:
    done = rackwright("verify", str(cluster), "--json")
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def fault(cluster: Path | str, *words: str) -> None:
    done = rackwright("lab", "fault", str(cluster), *words)
    assert done.returncode == 0, done.stderr + done.stdout


def plant(cluster: Path | str, planted: Planted) -> None:
    fault(cluster, planted.kind, *(word for place in planted.places for word in ("--place", place)))


def healed(cluster: Path | str) -> tuple[int, dict]:
    """Verify until nothing is found: sessions, mounts and machines need a moment after the fault is gone."""
    until = time.monotonic() + HEAL_SECONDS
    while True:
        code, result = verify(cluster)
        if code == 0 or time.monotonic() > until:
            return code, result
        time.sleep(3)


def said(result: dict) -> list[str]:
    return [f"{f['layer']}: {f['cause']} at {f['place']}: {f['found']}" for f in result["findings"]]


@pytest.mark.lab
@pytest.mark.timeout(900)
def test_no_fault_no_finding(cluster_up):
    code, result = healed(cluster_up)
    assert said(result) == []
    assert code == 0
    assert result["simulated"] is True
    assert [v for v in result["verdicts"] if v["outcome"] == "not measured" and v["due"]] == []
    assert result["counts"]["pass"] > 1000


@pytest.mark.lab
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "planted", rounds(), ids=lambda each: "+".join(f"{p.kind}-{p.places[0]}" for p in each)
)
def test_one_fault_one_finding(cluster_up, planted):
    for each in planted:
        plant(cluster_up, each)
    try:
        code, result = verify(cluster_up)
        assert code == 1
        assert len(result["findings"]) == len(planted), said(result)
        for each in planted:
            [finding] = [f for f in result["findings"] if each.names[0] in f["place"]]
            assert (finding["layer"], finding["cause"]) == (each.layer, each.cause)
            assert all(name in finding["place"] for name in each.names)
    finally:
        for each in planted:
            fault(cluster_up, each.kind, "--clear")
    code, result = healed(cluster_up)
    assert said(result) == []
    assert code == 0


@pytest.mark.lab
@pytest.mark.timeout(300)
def test_node_tests_run_live_over_ssh(cluster_up):
    """The same tests, on one host, in testinfra's ordinary way."""
    home = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pytest", str(home / "tests" / "nodes"), "--cluster", str(cluster_up)]
    for host in ("gpu-su01-n01", "backend-su01-r0"):
        done = subprocess.run(
            [*command, f"--hosts=ssh://{host}"], capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "skipped" not in done.stdout


@pytest.mark.lab
@pytest.mark.timeout(700)
def test_no_drift_after_up_and_drift_after_an_edit_by_hand(cluster_up):
    # test_up looks at every resource of a cluster without drift.
    done = rackwright("drift", str(cluster_up), "--no-resources", timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    fault(cluster_up, "switch-edited")
    try:
        done = rackwright("drift", str(cluster_up), "--json", timeout=280)
    finally:
        fault(cluster_up, "switch-edited", "--clear")
    assert done.returncode == 1, done.stdout + done.stderr
    both = json.loads(done.stdout)
    assert [f["cause"] for f in both["machines"]["findings"]] == ["configuration differs"]
    assert {d["type"] for d in both["resources"]["differences"]} == {"rackwright:fabric:Switch"}


def play(cluster: str, kinds: list[str]) -> int:
    """Faults, one after the other; a row of the table for each."""
    bad = 0
    print("| fault | place | found by verify as | place named | found | explains | seconds | healed |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for planted in (each for each in FAULTS if not kinds or each.kind in kinds):
        plant(cluster, planted)
        begun = time.monotonic()
        code, result = verify(cluster)
        seconds = time.monotonic() - begun
        fault(cluster, planted.kind, "--clear")
        after, rest = healed(cluster)
        finding = result["findings"][0] if result["findings"] else None
        good = code == 1 and len(result["findings"]) == 1 and finding["cause"] == planted.cause
        bad += not (good and after == 0)
        row = [planted.kind, ", ".join(planted.places)]
        if finding:
            row += [f"{finding['layer']}: {finding['cause']}", finding["place"], finding["found"][:140]]
            row += [str(finding["effects"])]
        else:
            row += ["nothing", "", "", ""]
        row += [f"{seconds:.0f}", "yes" if after == 0 else f"no: {said(rest)}"]
        print("| " + " | ".join(row) + " |" + ("" if good else f" UNEXPECTED {said(result)}"), flush=True)
    return bad


if __name__ == "__main__":
    sys.exit(play(sys.argv[1], sys.argv[2:]))
