"""Where Kubernetes' programs and images come from, and what a server is told where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from rackwright.depot.record import FILE, Held, Record
from rackwright.inventory import artifacts
from rackwright.inventory.about import About
from rackwright.inventory.roles import cni, containerd, kubernetes
from rackwright.locks import load_lock
from rackwright.pipeline import files, plan

TABLE = "kubernetes-1.37.2-amd64"


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RACKWRIGHT_DEPOT", str(tmp_path))
    artifacts._record.cache_clear()
    return tmp_path / TABLE


def about(server: str) -> About:
    planned = plan("lab-kubernetes")
    found = next(each for each in planned.design.servers if each.name == server)
    return About(found, planned.design, planned.tables, load_lock(planned.spec.lock), files(planned))


def held(name: str) -> Held:
    return Held(name, "file", "1.37.2", "Apache-2.0", "https://k8s.io", name[0] * 64, 1, "go", "x")


def test_digests_are_those_of_the_filled_depot(depot: Path) -> None:
    depot.mkdir()
    names = ("kubeadm", "cni-bridge")
    record = Record("kubernetes-1.37.2", "1.37.2", "amd64", tuple(held(name) for name in names))
    (depot / FILE).write_text(record.text())
    gpu = about("gpu-su01-n01")
    assert kubernetes.variables(gpu)["kubernetes_programs"] == {
        "kubeadm": {"url": f"http://10.113.0.2:8480/artifacts/{TABLE}/files/kubeadm", "sha256": "k" * 64}
    }
    assert list(cni.variables(gpu)["cni_programs"]) == ["bridge"]


def test_without_a_depot_there_are_none(depot: Path) -> None:
    assert kubernetes.variables(about("control-01"))["kubernetes_programs"] == {}


def test_images_come_from_the_depot_alone(depot: Path) -> None:
    [(name, registry)] = containerd.variables(about("control-01"))["containerd_registries"].items()
    assert name == "registry.k8s.io"
    assert registry["mirrors"] == [registry["server"]] == ["http://10.113.0.2:8481/v2/registry.k8s.io"]


def test_no_secret_is_among_the_variables(depot: Path) -> None:
    found = kubernetes.variables(about("control-01"))
    assert found["kubernetes_encryption_key"] == "state:kubernetes-encryption-key"
    assert "state:kubernetes-encryption-key" in found["kubernetes_encryption"]


def test_one_server_begins_and_the_others_ask_it(depot: Path) -> None:
    first, gpu = (kubernetes.variables(about(name)) for name in ("control-01", "gpu-su01-n01"))
    assert first["kubernetes_first"] == gpu["kubernetes_first"] == first["kubernetes_node"]
    assert "kind: InitConfiguration" in first["kubernetes_kubeadm"]
    assert "kind: JoinConfiguration" in gpu["kubernetes_kubeadm"]
    assert list(first["kubernetes_members"]) == ["control-01"]
