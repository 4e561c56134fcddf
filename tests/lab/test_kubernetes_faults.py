"""Each fault of Kubernetes and DRA on a real lab: verify gives one finding at its place, and none afterwards.

Needs the filled depot, and DRA drivers that ``up`` deploys.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.lab.command import command
from tests.lab.conftest import NodesUp
from tests.lab.kubernetes import CONTROL, NEEDS_DEPOT, ONE, TWO, kubectl

pytestmark = [pytest.mark.timeout(2400), NEEDS_DEPOT]
HEAL_SECONDS = 240
"""A kubelet that was stopped, and the plugins behind it, take a minute or two to be ready again."""


@pytest.fixture(scope="module")
def cluster(nodes_up: NodesUp) -> Path:
    return nodes_up.path


@dataclass(frozen=True)
class Planted:
    """A fault and what verify must say: layer, cause, and the place that the finding names."""

    kind: str
    places: tuple[str, ...]
    layer: str
    cause: str
    names: str


FAULTS = (
    Planted("device-node-missing", (f"{ONE}:0",), "node", "device nodes missing", ONE),
    Planted("gpu-missing", (f"{TWO}:5",), "node", "GPUs differ", TWO),
    Planted("wrong-label", (ONE,), "kubernetes", "labels differ", ONE),
    Planted("plugin-stopped", ("gpu.nvidia.com",), "kubernetes", "DRA plugin does not run", ONE),
    Planted("plugin-stopped", ("dra.net",), "kubernetes", "DRA plugin does not run", TWO),
    Planted("kubelet-stopped", (TWO,), "node", "kubelet is down", TWO),
    Planted("certificate-expired", (), "node", "certificate has expired", CONTROL),
    Planted("etcd-stopped", (), "node", "etcd does not serve", CONTROL),
)


def verify(cluster: Path) -> tuple[int, dict]:
    done = command("verify", cluster, "--json", timeout=400)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def said(result: dict) -> list[str]:
    return [f"{f['layer']}: {f['cause']} at {f['place']}: {f['found']}" for f in result["findings"]]


def fault(cluster: Path, *words: str) -> None:
    done = command("lab", "fault", cluster, *words, timeout=300)
    assert done.returncode == 0, done.stderr + done.stdout


def healed(cluster: Path) -> dict:
    """Verify until nothing is found."""
    end = time.monotonic() + HEAL_SECONDS
    while True:
        code, result = verify(cluster)
        if code == 0 or time.monotonic() > end:
            return result
        time.sleep(5)


def test_as_brought_up_claims_are_served_and_nothing_is_found(cluster: Path) -> None:
    result = healed(cluster)
    assert said(result) == []
    checks = {(v["check"], v["device"]): v for v in result["verdicts"] if v["outcome"] == "pass"}
    for node in (ONE, TWO):
        assert "gpu gpu-" in checks["claim", node]["found"]
        assert "nic pci-" in checks["claim", node]["found"]
    assert not [v for v in result["verdicts"] if v["outcome"] == "not measured" and v["due"]]
    assert "rackwright-verify-" not in kubectl("get", "namespaces", "-o", "name")


@pytest.mark.parametrize("planted", FAULTS, ids=lambda each: f"{each.kind}-{'-'.join(each.places)}")
def test_one_fault_one_finding(cluster: Path, planted: Planted) -> None:
    fault(cluster, planted.kind, *(word for place in planted.places for word in ("--place", place)))
    try:
        if planted.kind == "certificate-expired":
            time.sleep(70)  # the API server looks at its files once a minute
        code, result = verify(cluster)
    finally:
        fault(cluster, planted.kind, "--clear")
    assert code == 1
    [finding] = result["findings"]
    assert (finding["layer"], finding["cause"]) == (planted.layer, planted.cause), said(result)
    assert planted.names in finding["place"]
    assert said(healed(cluster)) == []
