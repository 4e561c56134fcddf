"""Random clusters that fit, for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from tests.unit.design.clusters import bent, tables

from rackwright.design.pools import shortages
from rackwright.models.spec import ClusterSpec

SKUS = ("dgx-h100", "hgx-h200", "mi300x-8gpu", "divided")
Part = dict[str, Any]


@st.composite
def clusters(draw: st.DrawFn) -> Part:
    """A cluster file's data; every shape of every fabric."""
    sku = draw(st.sampled_from(SKUS))
    gpu = {
        "sku": sku,
        "count": draw(st.integers(1, 60)),
        "rails": draw(st.sampled_from([1, 2, 3, 4, 7, 8])),
        "unit_size": draw(st.sampled_from([1, 3, 4, 8, 20, 32])),
    }
    data = bent(machines__gpu=gpu, fabrics__backend=draw(backends(sku)))
    data["machines"]["storage"]["count"] = draw(st.integers(1, 12))
    data["machines"]["control"]["count"] = draw(st.integers(1, 4))
    if draw(st.booleans()):
        data["machines"]["more"] = {**gpu, "count": draw(st.integers(1, 30))}
    if draw(st.booleans()):
        archive = {"sku": "generic-nvme", "count": draw(st.integers(1, 6)), "role": "storage"}
        data["machines"]["archive"] = archive
    data["fabrics"]["frontend"] |= draw(frontends())
    assume(fits(data))
    return data


@st.composite
def backends(draw: st.DrawFn, sku: str) -> Part:
    """The compute fabric: kinds, switches, tiers, homing, spine groups."""
    fabric: Part = {
        "kind": "roce",
        "switch": draw(st.sampled_from(["sn5600", "edgecore-ais800-64d", "sn4600c"])),
        "nos": draw(st.sampled_from(["frr", "sonic", "eos"])),
        "topology": draw(st.sampled_from(["rail-optimised", "rail-optimised", "leaf-spine"])),
        "oversubscription": draw(st.sampled_from(["1:1", "2:1"])),
        "spines": draw(st.sampled_from([2, 3, 4, 8])),
        "reserved_ports": draw(st.sampled_from([0, 0, 1, 4])),
        "underlay": draw(st.sampled_from(["unnumbered", "numbered"])),
    }
    if draw(st.booleans()):
        fabric |= {"kind": "infiniband", "switch": "qm9700", "nos": "opensm"}
    if sku == "divided":
        homing = draw(st.sampled_from(["dual-tor", "parallel"]))
        ports = 2 if homing == "dual-tor" else draw(st.sampled_from([2, 4]))
        fabric |= {"homing": homing, "nic_ports": ports}
    if fabric["topology"] == "rail-optimised":
        fabric["spine_groups"] = draw(st.sampled_from(["shared", "rail"]))
    return draw(taller(fabric))


@st.composite
def frontends(draw: st.DrawFn) -> Part:
    """What bends the small cluster's frontend."""
    fabric: Part = {
        "oversubscription": draw(st.sampled_from(["3:1", "4:1", "1:1"])),
        "ports": draw(st.sampled_from(["per-plane", "shared"])),
        "underlay": draw(st.sampled_from(["unnumbered", "numbered"])),
    }
    if (hosts := draw(st.sampled_from([None, 8, 12, 24, 48]))) is not None:
        fabric["hosts_per_leaf"] = hosts
    return draw(taller(fabric))


@st.composite
def taller(draw: st.DrawFn, fabric: Part) -> Part:
    """The same, or in three tiers with pods so small that there are several."""
    if draw(st.booleans()):
        return fabric
    fabric.pop("spines", None)
    return fabric | {
        "tiers": 3,
        "pod_units": draw(st.sampled_from([2, 4])),
        "core_oversubscription": draw(st.sampled_from(["1:1", "1:1", "3:1"])),
    }


def fits(data: Part) -> bool:
    return not shortages(ClusterSpec.model_validate(data), tables())
