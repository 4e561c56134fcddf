"""Kubernetes in verify, besides findings: left out, not asked, the site's settings, keys that stay there."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
import yaml
from tests.plain_lab import plain_lab

from rackwright import paths
from rackwright.errors import UsageError
from rackwright.pipeline import plan
from rackwright.verify import causes, left_out, node_questions, run, site_kubelet
from rackwright.verify.kubernetes import reading, verdicts
from rackwright.verify.kubernetes.claims import Attempt
from rackwright.verify.nodes import expectations
from rackwright.verify.questions import questions


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path))
    return paths.state_dir("lab-kubernetes")


def test_what_was_left_out_is_not_measured_and_no_finding(state):
    (state / left_out.FILE).write_text("no Go here, and no depot\n")
    planned = plan("lab-kubernetes")
    expected = expectations(planned)
    assert all(want.node is None for want in expected.values())
    assert not {"etcd", "kubelet_config"} & set(questions(expected["control-01"]))
    assert asyncio.run(run.kubernetes(planned)) is None
    found = run.platform(planned, None, None, None)
    assert {(v.outcome, v.due, v.found) for v in found} == {
        ("not measured", False, "no Go here, and no depot")
    }
    assert {"control-01", "gpu-su01-n01", "gpu-su01-n02"} == {v.device for v in found}
    assert causes.find(found) == []


def test_without_a_kubeconfig_it_is_due_and_says_why(state):
    planned = plan("lab-kubernetes")
    seen = asyncio.run(reading.read(planned))
    assert not seen.fault
    assert "kubeconfig" in seen.wrong
    found = list(verdicts.verdicts(planned, seen, expectations(planned), {}, Attempt({})))
    assert {v.outcome for v in found} == {"not measured"}
    [finding] = causes.find(found)
    assert (finding.layer, finding.place, finding.outcome) == ("kubernetes", "control-01", "not measured")


def test_a_cluster_without_kubernetes_is_not_asked(state, tmp_path):
    path = tmp_path / "cluster.yaml"
    path.write_text(yaml.safe_dump(plain_lab()))
    assert asyncio.run(reading.read(plan(str(path)))) is None


def test_the_sites_settings_are_above_the_designs(state):
    node = expectations(plan("lab-kubernetes"))["gpu-su01-n01"].node
    assert node.kubelet["cgroupDriver"] == "cgroupfs"  # of the inventory's group_vars
    assert node.kubelet["kubeReserved"]["memory"] == "64Mi"
    assert "topologyManagerPolicy" not in node.kubelet
    assert node.kubelet["protectKernelDefaults"] is True


def test_the_last_file_that_names_the_variable_has_it_whole(tmp_path):
    planned = plan("lab-kubernetes")
    server = next(s for s in planned.design.servers if s.name == "gpu-su01-n01")
    for path, text in {
        "group_vars/all.yml": "kubernetes_kubelet: {maxPods: 1, podPidsLimit: 2}\n",
        "group_vars/role_gpu/own.yml": "kubernetes_kubelet: {maxPods: 3}\n",
        "group_vars/role_storage.yml": "kubernetes_kubelet: {maxPods: 4}\n",
        "host_vars/gpu-su01-n02.yml": "kubernetes_kubelet: {maxPods: 5}\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    file = tmp_path / "cluster.yaml"
    assert site_kubelet.settings(file, server, planned.tables) == {"maxPods": 3}
    (tmp_path / "host_vars/gpu-su01-n01.yml").write_text("kubernetes_kubelet: 7\n")
    with pytest.raises(UsageError, match="found int, expected a mapping"):
        site_kubelet.settings(file, server, planned.tables)


def test_no_key_leaves_a_machine(tmp_path):
    both = tmp_path / "kubelet-client-current.pem"
    both.write_text(
        "-----BEGIN CERTIFICATE-----\nshown\n-----END CERTIFICATE-----\n"
        "-----BEGIN EC PRIVATE KEY-----\nhidden\n-----END EC PRIVATE KEY-----\n"
    )
    config = tmp_path / "admin.conf"
    config.write_text(
        "users:\n- user:\n    client-certificate-data: c2hvd24=\n    client-key-data: aGlkZGVu\n"
    )
    text = f"{node_questions._ONE}; show {both}; show {config}; show {tmp_path}/none"
    said = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True).stdout
    assert "shown" in said
    assert "c2hvd24=" in said
    assert "none" not in said
    assert "hidden" not in said
    assert "aGlkZGVu" not in said
