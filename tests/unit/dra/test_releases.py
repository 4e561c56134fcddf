"""Which charts a cluster deploys, with which values, and what each server's role is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.plain_lab import plain_lab
from tests.unit.kubeadm.clusters import planned

from rackwright.dra.releases import releases
from rackwright.inventory.about import About
from rackwright.inventory.order import roles_of
from rackwright.inventory.roles import dra_driver
from rackwright.lab.faults import kubernetes as faults
from rackwright.locks import load_lock
from rackwright.pipeline import files, plan
from rackwright.up import kubernetes
from rackwright.verify.kubernetes.drivers import drivers


def made(section: str = "kubernetes: {}", sku: str = "dgx-h100") -> Any:
    return planned(section, sku).design.kubernetes


def test_gpus_and_nics_have_a_chart_each() -> None:
    gpu, nic = releases(made())
    assert (gpu.name, gpu.row, gpu.drivers) == ("dra-driver-nvidia-gpu", "dra_driver", ("gpu.nvidia.com",))
    assert gpu.nodes == {"nvidia.com/gpu.present": "true"}
    assert gpu.values["resources"] == {"computeDomains": {"enabled": False}, "gpus": {"enabled": True}}
    assert gpu.values["gpuResourcesEnabledOverride"] is True
    assert (nic.name, nic.values) == ("dranet", {"nodeSelector": {"rackwright.io/dra-network": "true"}})
    assert [each["metadata"]["name"] for each in nic.beside] == ["dranet"]


def test_compute_domains_are_where_nvlink_joins_servers() -> None:
    gpu = releases(made(sku="gb200-nvl72"))[0]
    assert gpu.drivers == ("gpu.nvidia.com", "compute-domain.nvidia.com")
    assert gpu.values["resources"]["computeDomains"] == {"enabled": True, "imex": {"mode": "driverManaged"}}


def test_sharing_switches_its_gate_on() -> None:
    gpu = releases(made('kubernetes: {sharing: {gpu: "mig:dynamic"}}'))[0]
    assert gpu.values["featureGates"] == {"DynamicMIG": True}


def test_without_drivers_there_are_no_charts() -> None:
    assert releases(made("kubernetes: {dra: {gpu: none, network: none}}")) == ()


@pytest.mark.parametrize("sku", ["dgx-h100", "gb200-nvl72", "mi300x-8gpu"])
def test_checks_and_the_lab_look_where_it_is_deployed(sku: str) -> None:
    """A driver that is deployed and looked for in two namespaces would be found missing."""
    design = made(sku=sku)
    deployed = {driver: each.namespace for each in releases(design) for driver in each.drivers}
    looked = {each.name: each.namespace for each in drivers(design)}
    assert len(looked) == 2
    assert looked.items() <= deployed.items()
    assert {name: faults.NAMESPACES[name] for name in looked} == looked


def about(server: str, cluster: str = "lab-kubernetes") -> About:
    found = plan(cluster)
    one = next(each for each in found.design.servers if each.name == server)
    return About(one, found.design, found.tables, load_lock(found.spec.lock), files(found))


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RACKWRIGHT_DEPOT", str(tmp_path))
    return tmp_path


def test_one_server_deploys_and_refuses_what_is_not_rendered(depot: Path) -> None:
    found = dra_driver.variables(about("control-01"))
    assert found["dra_driver_deploys"] is True
    assert "dra_driver_gpus" not in found
    for each in found["dra_driver_releases"]:
        assert each["sha256"] == ""
        assert each["lacks"].endswith("run rackwright depot build lab-kubernetes")
        assert each["url"].endswith(f"/artifacts/rendered/lab-kubernetes/{each['name']}.json")


def test_a_gpu_server_is_told_what_it_must_have_and_publish(depot: Path) -> None:
    found = dra_driver.variables(about("gpu-su01-n01"))
    assert "dra_driver_deploys" not in found
    assert (found["dra_driver_gpus"], found["dra_driver_vendor"], found["dra_driver_minimum"]) == (
        8,
        "nvidia",
        "565",
    )
    assert found["dra_driver_nri"] is True
    assert found["dra_driver_imex"] == ""
    gpu, nic = found["dra_driver_releases"]
    assert gpu["drivers"] == {"gpu.nvidia.com": 8}
    assert nic["drivers"]["dra.net"] > 0


@pytest.fixture
def plain(tmp_path: Path) -> str:
    """The lab's cluster without Kubernetes."""
    path = tmp_path / "plain.yaml"
    path.write_text(yaml.safe_dump(plain_lab()))
    return str(path)


def test_the_role_comes_after_kubernetes_where_there_are_charts(depot: Path, plain: str) -> None:
    for server in ("control-01", "gpu-su01-n01"):
        roles = roles_of(about(server))
        assert roles.index("kubernetes") < roles.index("dra_driver")
    assert "dra_driver" not in roles_of(about("gpu-su01-n01", plain))


def test_a_class_has_one_owner(plain: str) -> None:
    """The role's in a cluster of ours; the stack's where Kubernetes is somebody else's."""
    assert kubernetes.device_classes(plan("lab-kubernetes")) == []
    found = kubernetes.device_classes(plan(plain))
    assert [each["metadata"]["name"] for each in found] == ["dranet", "gpu.nvidia.com", "mig.nvidia.com"]
