"""The table of DeviceClasses, and what each of our own clusters gets."""

from __future__ import annotations

import pytest
from kubernetes_validate import validate

from rackwright import pipeline
from rackwright.errors import BadInput
from rackwright.kube.device_classes import manifests, table
from rackwright.paths import home
from rackwright.up import kubernetes


@pytest.mark.parametrize(
    ("cluster", "classes"),
    [
        ("lab", ["dranet", "gpu.nvidia.com", "mig.nvidia.com"]),
        ("mi300x-64", ["dranet", "gpu.amd.com"]),
    ],
)
def test_each_cluster_gets_the_classes_of_its_devices(cluster, classes):
    planned = pipeline.plan(cluster)
    found = manifests(kubernetes.devices(planned))
    assert [each["metadata"]["name"] for each in found] == classes
    for each in found:
        validate(each, "1.37", strict=True)


def test_plain_gpu_requests_reach_the_driver():
    (gpu, _) = manifests({"nvidia"})
    assert gpu["spec"]["extendedResourceName"] == "nvidia.com/gpu"


def test_a_wrong_row_is_told_with_its_place(tmp_path, monkeypatch):
    (tmp_path / "catalog").mkdir()
    text = (home() / "catalog" / "device-classes.yaml").read_text()
    path = tmp_path / "catalog" / "device-classes.yaml"
    path.write_text(text.replace("devices: amd", "devices: other").replace("extended_resource", "extended"))
    monkeypatch.setenv("RACKWRIGHT_HOME", str(tmp_path))
    with pytest.raises(BadInput, match=r"(?s)device-classes.yaml:9:\d+ gpu.amd.com.devices: .*key extended"):
        table()


def test_nodes_are_by_unit_and_storage_serves_from_outside():
    found = kubernetes.nodes(pipeline.plan("lab").design)
    assert list(found) == ["su01", "core"]
    assert list(found["su01"]) == [f"gpu-su01-n{number:02}" for number in range(1, 5)]
    assert list(found["core"]) == ["control-01"]
    assert found["su01"]["gpu-su01-n01"]["rackwright.dev/unit"] == "su01"
