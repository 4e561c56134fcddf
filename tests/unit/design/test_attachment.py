"""What cannot be divided or joined as the file says, by key."""

import pytest
from tests.unit.design.clusters import spec, tables

from rackwright.design.pools import shortages


@pytest.mark.parametrize(
    ("change", "path", "expected"),
    [
        ({"fabrics__backend__nic_ports": 2}, ("fabrics", "backend", "nic_ports"), "1"),
        ({"fabrics__backend__homing": "parallel"}, ("fabrics", "backend", "nic_ports"), "2 or more"),
        (
            {"fabrics__backend__homing": "dual-tor", "fabrics__backend__nic_ports": 4},
            ("fabrics", "backend", "nic_ports"),
            "2",
        ),
        (
            {"fabrics__backend__homing": "parallel", "fabrics__backend__nic_ports": 2},
            ("fabrics", "backend", "nic_ports"),
            "1",
        ),
        ({"fabrics__frontend__homing": "parallel"}, ("fabrics", "frontend", "homing"), "single"),
        ({"fabrics__backend__ports": "shared"}, ("fabrics", "backend", "ports"), "per-plane"),
        ({"fabrics__frontend__spine_groups": "rail"}, ("fabrics", "frontend", "spine_groups"), "shared"),
        ({"fabrics__frontend__split": 8}, ("fabrics", "frontend", "split"), "one of 1, 2"),
        ({"fabrics__backend__uplink_split": 3}, ("fabrics", "backend", "uplink_split"), "one of 1, 2, 4"),
        (
            {"fabrics__backend__tiers": 2, "fabrics__backend__cores": 4},
            ("fabrics", "backend", "cores"),
            "no cores",
        ),
        (
            {"machines__gpu": {"sku": "gb200-nvl72", "count": 18, "unit_size": 20}},
            ("machines", "gpu", "unit_size"),
            "a multiple of 18",
        ),
    ],
)
def test_a_misfit(change, path, expected):
    found = [(lack.path, lack.expected) for lack in shortages(spec(**change), tables())]
    assert (path, expected) in found


def test_pods_of_a_leaf_spine_fabric_hold_pairs():
    change = {"fabrics__frontend__tiers": 3, "fabrics__frontend__pod_units": 3}
    (lack,) = shortages(spec(**change), tables())
    assert (lack.path, lack.expected) == (("fabrics", "frontend", "pod_units"), "an even number")


@pytest.mark.parametrize(
    ("fabric", "expected"),
    [("backend", "room for 248 and 0"), ("frontend", "room for 112 and 0")],
)
def test_numbered_links_need_room(fabric, expected):
    plane = "compute" if fabric == "backend" else "storage"
    change = {f"fabrics__{fabric}__underlay": "numbered", f"planes__{plane}__prefix": "10.64.0.0/24"}
    lacks = [lack for lack in shortages(spec(**change), tables()) if lack.path == ("planes", plane, "prefix")]
    assert expected in [lack.expected for lack in lacks]
