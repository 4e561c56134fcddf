"""What the modules of gpu_sharing and topology_labels work out, apart from the machines they run on."""

from __future__ import annotations

import doctest
import importlib

import pytest
from ansible_collections.rackwright.node.plugins.module_utils import mig
from ansible_collections.rackwright.node.plugins.modules import cdi, gpu_claims, topology

BASE = "ansible_collections.rackwright.node.plugins"
DOCUMENTED = """
module_utils.amd_partition module_utils.kubectl module_utils.mig modules.cdi modules.gpu_claims modules.mig
modules.topology
"""


@pytest.mark.parametrize("name", DOCUMENTED.split())
def test_doctests(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"{BASE}.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


def claim(pool: str, driver: str = "gpu.nvidia.com", pods: tuple[str, ...] = ("train",)) -> dict:
    results = [{"driver": driver, "pool": pool, "device": "gpu-0"}]
    reserved = [{"name": name} for name in pods]
    status = {"allocation": {"devices": {"results": results}}, "reservedFor": reserved}
    return {"metadata": {"namespace": "a", "name": "c"}, "status": status}


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ([claim("n1")], ["a/c (train)"]),
        ([claim("n2")], []),
        ([claim("n1", "dra.net")], []),
        ([claim("n1", pods=())], ["a/c (no pod)"]),
        ([{"metadata": {"namespace": "a", "name": "c"}}], []),
    ],
)
def test_claims_of_a_node(claims: list[dict], found: list[str]) -> None:
    assert gpu_claims.holding(claims, "n1", ["gpu.nvidia.com", "gpu.amd.com"]) == found


@pytest.mark.parametrize(
    ("names", "partitions", "wrong"),
    [
        (["0", "1"], 0, 0),
        (["0:0", "0:1", "1:0", "1:1", "all"], 2, 0),
        (["0", "1"], 2, 1),
        (["0:0", "1:0", "1:1"], 2, 1),
        (["0:0", "0:1", "1:0", "1:1"], 0, 1),
    ],
)
def test_instances_in_the_cdi_file(names: list[str], partitions: int, wrong: int) -> None:
    spec = {"kind": "nvidia.com/gpu", "devices": [{"name": name} for name in names]}
    assert len(cdi.judge(spec, 2, "580.1", partitions)) == wrong


GPU = mig.Gpu(0, "Enabled", "Enabled", 9.0, "Default")


def test_large_instances_are_made_first() -> None:
    """The driver refuses a 3g after small ones (MIG user guide, "Instance Geometry")."""
    small, large = mig.Partition(19, 4, 1, "1g.10gb"), mig.Partition(9, 0, 4, "3g.40gb")
    [step] = mig.plan(mig.Layout(1, "on", (small, large)), [GPU], [])
    assert step.arguments == ("mig", "-i", "0", "-cgi", "9:0,19:4", "-C")


def test_an_instance_that_is_shared_out_otherwise_is_made_anew() -> None:
    part = mig.Partition(9, 0, 4, "3g.40gb")
    found = mig.Instance(0, 1, part, whole=False, empty=False)
    words = [step.words for step in mig.plan(mig.Layout(1, "on", (part,)), [GPU], [found])]
    assert words == [
        "GPU 0: empty 3g.40gb at 0:4",
        "GPU 0: destroy 3g.40gb at 0:4",
        "GPU 0: make 3g.40gb at 0:4",
    ]


def test_what_every_write_changes_is_no_difference() -> None:
    one = {"kind": "X", "metadata": {"name": "a", "resourceVersion": "1", "managedFields": [1]}, "spec": {}}
    assert topology.plain(one) == {"kind": "X", "metadata": {"name": "a"}, "spec": {}}
