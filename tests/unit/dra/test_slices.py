"""ResourceSlices from the design: names, places, versions, and the API's own rules for them."""

from __future__ import annotations

import re

import kubernetes_validate
import pytest
from tests.unit.kubernetes.clusters import planned

from rackwright.dra.device import MOST_COUNTED, MOST_DEVICES, MOST_SETS, PCI_BUS_ID, PCIE_ROOT
from rackwright.dra.expected import document, pairs, pools, slices
from rackwright.kubernetes.limits import of_group

CASES = [
    ("kubernetes: {}", "dgx-h100"),
    ('kubernetes: {sharing: {gpu: "mig:all-1g.10gb"}}', "dgx-h100"),
    ('kubernetes: {sharing: {gpu: "mig:dynamic"}}', "dgx-h100"),
    ("kubernetes: {sharing: {gpu: mps}}", "dgx-h100"),
    ("kubernetes: {}", "gb200-nvl72"),
    ("kubernetes: {}", "dgx-b300"),
    ("kubernetes: {}", "mi300x-8gpu"),
    ('kubernetes: {sharing: {gpu: "partition:cpx-nps4"}}', "mi300x-8gpu"),
]


def made(section="kubernetes: {}", sku="dgx-h100", **changes):
    design = planned(section, sku, **changes).design.kubernetes
    return design, design.groups[0]


def devices(parts):
    return [device for part in parts for device in part["spec"].get("devices", [])]


@pytest.mark.parametrize(("section", "sku"), CASES)
def test_kubernetes_accepts_every_slice(section, sku):
    design, group = made(section, sku)
    found = slices(design, "gpu-su01-n01", group)
    assert found
    for part in found:
        kubernetes_validate.validate(part, "1.37", strict=True)
        spec = part["spec"]
        assert ("devices" in spec) != ("sharedCounters" in spec)
        counted = any("consumesCounters" in device for device in spec.get("devices", []))
        assert len(spec.get("devices", [])) <= (MOST_COUNTED if counted else MOST_DEVICES)
        assert len(spec.get("sharedCounters", [])) <= MOST_SETS
    names = [part["metadata"]["name"] for part in found]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("section", "sku"), CASES)
def test_devices_have_names_that_the_api_takes(section, sku):
    """DNS labels: no dots, whatever a profile is called; each once in its pool."""
    design, group = made(section, sku)
    for pool in pools(design, group, "n"):
        names = [device.name for device in pool.devices]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name) for name in names)


def test_kubernetes_refuses_a_device_without_attributes_of_its_form():
    design, group = made()
    part = slices(design, "n", group)[0]
    part["spec"]["devices"][0]["attributes"]["type"] = "gpu"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(part, "1.37", strict=True)


def test_gpus_of_a_dgx_h100_are_where_its_tools_say():
    design, group = made()
    gpu, nic = pools(design, group)
    assert [device.name for device in gpu.devices] == [f"gpu-{minor}" for minor in range(8)]
    assert [device.attributes[PCI_BUS_ID] for device in gpu.devices] == [
        f"0000:{bus}:00.0" for bus in ("1b", "43", "52", "61", "9d", "c3", "d1", "df")
    ]
    assert [device.plain()["attributes"]["resource.kubernetes.io/numaNode"] for device in gpu.devices] == [
        {"int": node} for node in (0, 0, 0, 0, 1, 1, 1, 1)
    ]
    assert [device.name for device in nic.devices][:2] == ["pci-0000-18-00-0", "pci-0000-40-00-0"]
    assert len(nic.devices) == 8


def test_the_driver_is_the_host_locks():
    """The API wants semantic versions: no leading zeros."""
    planned_ = planned()
    design = planned_.design.kubernetes
    assert planned_.tables.versions["driver"] == "580.159.03"
    version = pools(design, design.groups[0])[0].devices[0].plain()["attributes"]["driverVersion"]
    assert version == {"version": "580.159.3"}


def test_what_is_compared_is_never_made_up():
    """A root that no table has is in no expectation, and stands in every slice for a scheduler."""
    design, group = made()
    assert not any(PCIE_ROOT in device.attributes for pool in pools(design, group) for device in pool.devices)
    assert all(PCIE_ROOT in device["attributes"] for device in devices(slices(design, "n", group)))
    assert "made-up" not in str(document(design, group, of_group(design, group)))


@pytest.mark.parametrize(("sku", "shared"), [("dgx-h100", True), ("dgx-b300", False), ("gb200-nvl72", False)])
def test_made_up_roots_are_shared_exactly_where_servers_share_them(sku, shared):
    design, group = made(sku=sku)
    gpu, nic = pools(design, group, "n")
    by_rail = zip(gpu.devices, nic.devices, strict=True)
    assert {a.attributes[PCIE_ROOT] == b.attributes[PCIE_ROOT] for a, b in by_rail} == {shared}
    roots = [device.attributes[PCIE_ROOT] for device in gpu.devices]
    assert len(set(roots)) == len(roots)


def test_pairs_are_by_rail():
    design, group = made()
    assert pairs(design, group)[:4] == [
        ("gpu-0", "mlx5_0"),
        ("gpu-1", "mlx5_3"),
        ("gpu-2", "mlx5_4"),
        ("gpu-3", "mlx5_5"),
    ]
    assert pairs(*made(sku="mi300x-8gpu")) == []


def test_partitions_of_amd_are_told_by_their_gpu():
    design, group = made('kubernetes: {sharing: {gpu: "partition:cpx-nps4"}}', "mi300x-8gpu")
    pool = pools(design, group, "n")[0]
    assert len(pool.devices) == 64
    assert len({device.attributes[PCI_BUS_ID] for device in pool.devices}) == 8
    assert {device.attributes["type"] for device in pool.devices} == {"amdgpu-partition"}
    assert {device.attributes["partitionProfile"] for device in pool.devices} == {"cpx_nps4"}
    assert {device.name for device in pools(design, group)[0].devices} == {None}
