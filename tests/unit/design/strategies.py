"""Random clusters that fit, for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from tests.unit.design.clusters import bent, tables

from rackwright.design.pools import shortages
from rackwright.models.spec import ClusterSpec

SKUS = ("dgx-h100", "hgx-h200", "mi300x-8gpu")


@st.composite
def clusters(draw: st.DrawFn) -> dict[str, Any]:
    """A cluster file's data; every shape that two tiers can carry."""
    gpu = {
        "sku": draw(st.sampled_from(SKUS)),
        "count": draw(st.integers(1, 60)),
        "rails": draw(st.sampled_from([1, 2, 3, 4, 7, 8])),
        "unit_size": draw(st.sampled_from([1, 3, 4, 8, 20, 32])),
    }
    backend: dict[str, Any] = {
        "kind": "roce",
        "switch": draw(st.sampled_from(["sn5600", "edgecore-ais800-64d"])),
        "nos": draw(st.sampled_from(["frr", "sonic", "eos"])),
        "topology": "rail-optimised",
        "oversubscription": draw(st.sampled_from(["1:1", "2:1"])),
        "spines": draw(st.sampled_from([2, 3, 4, 8])),
        "reserved_ports": draw(st.sampled_from([0, 0, 1, 4])),
    }
    if draw(st.booleans()):
        backend |= {"kind": "infiniband", "switch": "qm9700", "nos": "opensm"}
    data = bent(machines__gpu=gpu, fabrics__backend=backend)
    data["machines"]["storage"]["count"] = draw(st.integers(1, 12))
    data["machines"]["control"]["count"] = draw(st.integers(1, 4))
    if draw(st.booleans()):
        data["machines"]["more"] = {**gpu, "count": draw(st.integers(1, 30))}
    if draw(st.booleans()):
        archive = {"sku": "generic-nvme", "count": draw(st.integers(1, 6)), "role": "storage"}
        data["machines"]["archive"] = archive
    frontend = data["fabrics"]["frontend"]
    frontend["hosts_per_leaf"] = draw(st.sampled_from([None, 8, 12, 24, 48]))
    frontend["oversubscription"] = draw(st.sampled_from(["3:1", "4:1", "1:1"]))
    if frontend["hosts_per_leaf"] is None:
        del frontend["hosts_per_leaf"]
    assume(fits(data))
    return data


def fits(data: dict[str, Any]) -> bool:
    return not shortages(ClusterSpec.model_validate(data), tables())
