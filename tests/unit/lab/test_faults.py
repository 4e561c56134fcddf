"""Faults are planned against the design: a place that is not there is refused with what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.plain_lab import plain_lab

from rackwright.errors import UsageError
from rackwright.lab import hardware
from rackwright.lab.faults import record
from rackwright.lab.faults.plant import KINDS, kind_of, plant
from rackwright.lab.faults.record import Fault
from rackwright.lab.world import World, world

NODES = "gpu-su01-n01, gpu-su01-n02, gpu-su01-n03, gpu-su01-n04, control-01"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> World:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RACKWRIGHT_STATE", str(tmp_path_factory.mktemp("state")))
        patch.setenv("RACKWRIGHT_CACHE", str(tmp_path_factory.mktemp("cache")))
        return world("lab")


@pytest.mark.parametrize(
    ("kind", "places", "words"),
    [
        ("miswired", ["gpu-su01-n01:enp24s0np0"], "two --place"),
        ("miswired", ["gpu-su01-n01:enp24s0np0", "backend-su01-r0:swp1s0"], "on the same cable"),
        ("cable-pulled", ["gpu-su01-n01:eth9"], "no cable there"),
        ("mtu", ["gpu-su01-n01:eno3"], "no such switch port"),
        ("bmc-slow", ["gpu-9"], "no server is called gpu-9; there are gpu-su01-n01"),
        ("server-dead", ["a", "b"], "one --place is enough"),
        ("switch-edited", ["spine-9"], "no switch is called spine-9"),
        ("plane-leak", ["backend-su01-r0"], "no leaf with host ports of two planes"),
        ("gpu-lost", ["gpu-su01-n01:8"], "its GPUs are 0 to 7"),
        ("ecc", ["gpu-su01-n01:first"], "its GPUs are 0 to 7"),
        ("pcie-width", ["storage-01"], "storage-01 has no GPU"),
        ("fm-mismatch", ["a", "b"], "one --place is enough"),
        ("link-flap", ["gpu-su01-n01:eno3"], "no RDMA port on the compute plane"),
        ("nic-pcie", ["gpu-9:enp24s0np0"], "the first is gpu-su01-n01:enp24s0np0"),
        ("wrong-label", ["storage-01"], f"storage-01 is no node; there are {NODES}"),
    ],
)
def test_places_that_are_not_there(lab: World, kind: str, places: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        KINDS[kind].plan(lab, places)


def test_a_cluster_without_kubernetes_has_no_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "state"))
    path = tmp_path / "cluster.yaml"
    path.write_text(yaml.safe_dump(plain_lab()))
    with pytest.raises(UsageError, match="lab has no Kubernetes"):
        KINDS["wrong-label"].plan(world(str(path)), [])


@pytest.mark.parametrize(
    "kind",
    [
        "miswired",
        "cable-pulled",
        "bmc-slow",
        "bmc-failing",
        "bmc-password",
        "version-skew",
        "link-flap",
        "nic-pcie",
        "nic-firmware",
    ],
)
def test_default_places_say_what_broke_and_what_heals(lab: World, kind: str) -> None:
    fault = KINDS[kind].plan(lab, [])
    assert fault.kind == kind
    assert fault.place
    assert fault.broke
    assert "--clear" in fault.heals


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("fm-mismatch", {"fm_version": "550.127.05"}),
        ("gpu-lost", {"gpu_lost": [2]}),
        ("gpu-missing", {"gpu_missing": [2]}),
        ("ecc", {"ecc": {"2": {"uncorrected": 2, "remap_pending": True}}}),
        ("remap-failed", {"ecc": {"2": {"remap_failed": True}}}),
        ("nvlink-down", {"nvlink_down": {"2": [4, 5]}}),
        ("pcie-width", {"pcie": {"2": {"width": 8}}}),
        ("pcie-generation", {"pcie": {"2": {"gen": 4}}}),
        ("no-device-nodes", {"no_device_nodes": True}),
        ("device-node-missing", {"device_nodes_missing": [2]}),
    ],
)
def test_a_fault_of_a_gpu_is_in_its_servers_record(lab: World, kind: str, wrong: dict[str, object]) -> None:
    fault = KINDS[kind].plan(lab, ["gpu-su01-n01:2"])
    assert fault.data["server"] == "gpu-su01-n01"
    assert record.hardware([fault], "gpu-su01-n01") == wrong
    assert "--clear" in fault.heals


def test_two_faults_of_one_kind_of_record_stand_side_by_side(lab: World) -> None:
    faults = [KINDS["ecc"].plan(lab, ["gpu-su01-n01:1"]), KINDS["remap-failed"].plan(lab, [])]
    assert set(record.hardware(faults, "gpu-su01-n01")["ecc"]) == {"1", "3"}


def test_unknown_kind_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="there are miswired, cable-pulled"):
        kind_of("earthquake")


def test_no_fault_without_a_lab(
    lab: World, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("RACKWRIGHT_LABS", str(tmp_path_factory.mktemp("labs")))
    with pytest.raises(UsageError, match="lab lab is not up"):
        plant(lab, "mtu", [])


def test_record_of_hardware_says_that_it_is_simulated(lab: World) -> None:
    server = lab.design.servers[0]
    found = hardware.record(lab.wiring, server)
    assert found["simulated"] is True
    assert len(found["gpus"]) == server.gpus == 8
    assert len({gpu["uuid"] for gpu in found["gpus"]}) == 8
    assert found["gpus"][0]["nvlinks"] == {"count": 18, "gbps": 26.562}
    planes = {nic["name"]: nic["plane"] for nic in found["nics"]}
    assert planes["enp24s0np0"] == "compute"
    assert planes["enp41s0f1np1"] is None
    skew = Fault(
        "version-skew",
        server.name,
        "",
        "",
        {"server": server.name, "hardware": {"version_skew": {"module": "1"}}},
    )
    assert record.hardware([skew], server.name) == {"version_skew": {"module": "1"}}
    assert record.hardware([skew], "another") == {}
