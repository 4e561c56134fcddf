"""Where Kubernetes' programs and images come from, and what a server is told where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from rackwright.depot.record import FILE, Held, Record
from rackwright.inventory import artifacts
from rackwright.inventory.about import About
from rackwright.inventory.order import roles_of
from rackwright.inventory.roles import api_address, cni, containerd, kubernetes
from rackwright.locks import load_lock
from rackwright.paths import inventories
from rackwright.pipeline import files, plan

TABLE = "kubernetes-1.37.2-amd64"


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RACKWRIGHT_DEPOT", str(tmp_path))
    artifacts._record.cache_clear()
    return tmp_path / TABLE


def about(server: str, cluster: str = "lab-kubernetes") -> About:
    planned = plan(cluster)
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


@pytest.fixture
def three(tmp_path: Path) -> str:
    """lab-kubernetes with three control-plane servers and a virtual address."""
    text = (inventories() / "lab-kubernetes/cluster.yaml").read_text()
    text = text.replace("sku: generic-1u, count: 1", "sku: generic-1u, count: 3")
    path = tmp_path / "cluster.yaml"
    path.write_text(text.replace("kubernetes: {}", "kubernetes: {endpoint: virtual}", 1))
    return str(path)


def test_three_servers_hold_one_address_the_first_before_the_others(depot: Path, three: str) -> None:
    servers = [about(f"control-0{n}", three) for n in (1, 2, 3)]
    found = [api_address.variables(each) for each in servers]
    assert {each["api_address_address"] for each in found} == {"10.113.0.3"}
    assert len({each["api_address_router"] for each in found}) == 1
    assert [each["api_address_priority"] for each in found] == [250, 249, 248]
    own = [each["api_address_own"] for each in found]
    for one, each in zip(own, found, strict=True):
        assert sorted([one, *each["api_address_peers"]]) == sorted(own)
    for each in servers:
        roles = roles_of(each)
        assert roles.index("api_address") < roles.index("kubernetes")
    assert "api_address" not in roles_of(about("gpu-su01-n01", three))
    assert "api_address" not in roles_of(about("control-01"))


def test_the_first_of_three_can_join_the_others(depot: Path, three: str) -> None:
    first, second = (kubernetes.variables(about(f"control-0{n}", three)) for n in (1, 2))
    assert "kind: InitConfiguration" in first["kubernetes_kubeadm"]
    assert "kind: JoinConfiguration" in first["kubernetes_join"]
    assert "controlPlane:" in first["kubernetes_join"]
    assert second["kubernetes_join"] == ""
    assert list(second["kubernetes_servers"]) == ["control-01", "control-02", "control-03"]
    assert set(second["kubernetes_apis"].values()) == {"10.113.0.3:6443"}  # whichever server has it
    assert "- 10.113.0.3\n" in first["kubernetes_kubeadm"], "among the names of the API server's certificate"
    alone = kubernetes.variables(about("control-01"))
    assert alone["kubernetes_join"] == ""
    assert alone["kubernetes_apis"] == {"control-01": alone["kubernetes_apis"]["control-01"]}


def test_checks_know_the_address_where_it_may_be(three: str) -> None:
    assert about("control-02", three).expected["virtual"] == "10.113.0.3"
    assert "virtual" not in about("gpu-su01-n01", three).expected
    assert "virtual" not in about("control-01").expected
