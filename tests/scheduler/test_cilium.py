"""Cilium's chart with our values: rendered by the depot's Helm, alike each time, taken by a real API server.

The chart is that of the Go module github.com/cilium/cilium (install/kubernetes/cilium), looked for in Go's
own cache, where `go mod download` has put and proven it. Skipped without it, Helm or binaries.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.scheduler.control_plane import ControlPlane, binaries
from tests.unit.kubeadm.clusters import planned

from rackwright.pipeline import files

BIN = binaries()
VERSION = "1.20.2"
CHART = Path.home() / f"go/pkg/mod/github.com/cilium/cilium@v{VERSION}/install/kubernetes/cilium"
HELM = Path(os.environ.get("RACKWRIGHT_HELM") or "/nonexistent")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BIN is None, reason="no Kubernetes binaries: RACKWRIGHT_KUBERNETES_BIN"),
    pytest.mark.skipif(not HELM.is_file(), reason="no Helm: RACKWRIGHT_HELM"),
    pytest.mark.skipif(
        not CHART.is_dir(), reason=f"no module github.com/cilium/cilium@v{VERSION} in Go's cache"
    ),
]


def render(work: Path) -> str:
    values = work / "values.yaml"
    values.write_text(files(planned("kubernetes: {cni: cilium}")).site["kubernetes/cilium/values.yaml"])
    command = [
        HELM,
        "template",
        "cilium",
        CHART,
        "-n",
        "kube-system",
        "-f",
        values,
        "--kube-version",
        "1.37.2",
    ]
    own = {name: str(work / "helm") for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **own}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_the_same_each_time_and_holds_no_secret(tmp_path: Path) -> None:
    first = render(tmp_path)
    assert render(tmp_path) == first
    objects = [each for each in yaml.safe_load_all(first) if each]
    kinds = {each["kind"] for each in objects}
    assert {"DaemonSet", "Deployment", "ConfigMap"} <= kinds
    assert "Secret" not in kinds
    assert "helm.sh/hook" not in first
    config = next(each["data"] for each in objects if each["metadata"]["name"] == "cilium-config")
    assert config["routing-mode"] == "native"
    assert config["kube-proxy-replacement"] == "true"
    assert config["ipam"] == "kubernetes"


def test_an_api_server_takes_it_by_server_side_apply(tmp_path: Path) -> None:
    assert BIN is not None
    plane = ControlPlane(BIN, tmp_path)
    try:
        plane.start("--allow-privileged=true")  # as kubeadm has it
        command = [BIN / "kubectl", "--kubeconfig", tmp_path / "kubeconfig", "apply", "--server-side"]
        command += ["--field-manager=rackwright", "-f", "-"]
        done = subprocess.run(
            command, input=render(tmp_path), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        found = plane.ask("GET", "/apis/apps/v1/namespaces/kube-system/daemonsets/cilium")
        assert found["metadata"]["managedFields"][0]["manager"] == "rackwright"
    finally:
        plane.stop()
