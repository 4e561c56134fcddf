"""Claims: accepted by Kubernetes, and met by a server's slices as a scheduler would meet them."""

from __future__ import annotations

import itertools

import kubernetes_validate
import pytest
from tests.unit.dra.test_slices import CASES, made

from rackwright.dra.alignment import alignment
from rackwright.dra.claims import claims
from rackwright.dra.device import NUMA_NODE, PCIE_ROOT
from rackwright.dra.expected import pools

OF_DRIVER = {"gpu.nvidia.com": "gpu.nvidia.com", "mig.nvidia.com": "gpu.nvidia.com", "dranet": "dra.net"}
OF_DRIVER |= {"gpu.amd.com": "gpu.amd.com"}


def spec_of(manifest):
    spec = manifest["spec"]
    return spec["spec"]["devices"] if manifest["kind"] == "ResourceClaimTemplate" else spec["devices"]


def met(spec, found):
    """How many pairs of devices a constraint over two requests can have; selectors are not evaluated."""
    wanted = {row["name"]: OF_DRIVER[row["exactly"]["deviceClassName"]] for row in spec["requests"]}
    by_driver = {pool.driver: pool.devices for pool in found}
    counts = []
    for row in spec["constraints"]:
        first, second = (by_driver[wanted[name]] for name in row["requests"])
        values = [
            [device.attributes.get(row["matchAttribute"]) for device in side] for side in (first, second)
        ]
        counts.append(sum(a is not None and a == b for a, b in itertools.product(*values)))
    return counts


@pytest.mark.parametrize(("section", "sku"), CASES)
def test_kubernetes_accepts_every_claim(section, sku):
    found = claims(*made(section, sku))
    assert found
    for name, manifest in found.items():
        kubernetes_validate.validate(manifest, "1.37", strict=True)
        assert manifest["metadata"]["name"] == name
        names = [row["name"] for row in spec_of(manifest)["requests"]]
        assert len(set(names)) == len(names) <= 32
        assert all(set(row["requests"]) <= set(names) for row in spec_of(manifest).get("constraints", []))


def test_eight_pairs_are_eight_constraints_of_two():
    """One constraint over all requests would ask for one root for a whole server."""
    spec = spec_of(claims(*made())["whole-node"])
    assert len(spec["requests"]) == 16
    assert [row["requests"] for row in spec["constraints"]] == [[f"gpu-{n}", f"nic-{n}"] for n in range(8)]
    assert {row["matchAttribute"] for row in spec["constraints"]} == {PCIE_ROOT}


def test_each_pair_of_a_dgx_h100_has_one_nic_for_a_gpu():
    design, group = made()
    spec = spec_of(claims(design, group)["whole-node"])
    assert met(spec, pools(design, group, "n")) == [8] * 8


def test_gpus_beyond_the_cabled_rails_come_alone():
    spec = spec_of(claims(*made(more=", rails: 4"))["whole-node"])
    assert [row["name"] for row in spec["requests"]][-4:] == ["gpu-4", "gpu-5", "gpu-6", "gpu-7"]
    assert len(spec["constraints"]) == 4


@pytest.mark.parametrize("sku", ["dgx-b300", "gb200-nvl72"])
def test_no_root_is_asked_for_where_none_is_shared(sku):
    """ConnectX-8 and Grace: by pcieRoot no pod would ever start; by NUMA node storage's NICs are left out."""
    design, group = made(sku=sku)
    found = alignment(group, "nvidia", "dranet")
    assert found.attribute == NUMA_NODE
    assert "no alignment by pcieRoot is promised" in found.limit
    spec = spec_of(claims(design, group)["gpu-nic-pair"])
    expression = spec["requests"][1]["exactly"]["selectors"][0]["cel"]["expression"]
    storage = {slot.rdma for slot in group.sku.nics if slot.plane in ("storage", "business")}
    assert not [name for name in storage if f'"{name}"' in expression]
    assert min(met(spec, pools(design, group, "n"))) > 0
    spec["constraints"][0]["matchAttribute"] = PCIE_ROOT
    assert met(spec, pools(design, group, "n")) == [0]


def test_amd_without_a_shared_root_pairs_nothing():
    design, group = made(sku="mi300x-8gpu")
    assert alignment(group, "amd", "dranet").attribute is None
    assert set(claims(design, group)) == {"gpu"}


def test_pods_that_share_a_gpu_name_one_claim():
    """A template would make each pod a claim, and a GPU, of its own."""
    found = claims(*made("kubernetes: {sharing: {gpu: mps}}"))
    assert {name: manifest["kind"] for name, manifest in found.items()} == {"gpu-shared": "ResourceClaim"}
