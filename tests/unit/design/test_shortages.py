"""What does not fit names its key, what was found and what would do."""

import pytest
from tests.unit.design.clusters import spec, tables

from rackwright.design.build import design
from rackwright.design.pools import shortages
from rackwright.errors import UsageError


def test_the_small_cluster_fits():
    assert shortages(spec(), tables()) == []


@pytest.mark.parametrize(
    ("change", "path", "found", "expected"),
    [
        (
            {"planes__compute__prefix": "10.64.0.0/27"},
            ("planes", "compute", "prefix"),
            "room for 0 units, 1 leaf and 0 spine loopbacks",
            "room for 1 units, 4 leaf and 2 spine loopbacks",
        ),
        (
            {"planes__storage__prefix": "10.80.0.0/27"},
            ("planes", "storage", "prefix"),
            "room for 1 leaves of 8 host ports, 1 leaf and 0 spine loopbacks",
            "room for 2 leaves and 2 spines",
        ),
        (
            {"planes__business__prefix": "10.96.0.0/28"},
            ("planes", "business", "prefix"),
            "room for 0 leaves of 8 host ports",
            "room for 2 leaves and 2 spines",
        ),
        (
            {"planes__management__prefix": "10.112.0.0/26"},
            ("planes", "management", "prefix"),
            "room for 0 switches of a tier",
            "room for 4",
        ),
        (
            {
                "planes__management__prefix": "10.112.0.0/24",
                "machines__gpu__count": 48,
                "machines__gpu__unit_size": 48,
            },
            ("planes", "management", "prefix"),
            "room for 47 servers of role gpu",
            "room for 48 (units are padded to a power of two)",
        ),
        (
            {"fabrics__frontend__leaves": 3},
            ("fabrics", "frontend", "leaves"),
            "3",
            "an even number, at least 2",
        ),
        (
            {"fabrics__frontend__leaves": 2, "machines__storage__count": 3},
            ("fabrics", "frontend", "leaves"),
            "2",
            "an even number, at least 4",
        ),
        (
            {"fabrics__frontend__hosts_per_leaf": 2},
            ("fabrics", "frontend", "hosts_per_leaf"),
            "2 host ports on a leaf",
            "at least 3: a place for each role",
        ),
        (
            {"fabrics__backend__reserved_ports": 13},
            ("fabrics", "backend", "reserved_ports"),
            "13",
            "at most 12",
        ),
        (
            {"fabrics__frontend__reserved_ports": 10},
            ("fabrics", "frontend", "reserved_ports"),
            "10",
            "at most 8",
        ),
        (
            {"fabrics__frontend__oversubscription": "1:1", "fabrics__frontend__hosts_per_leaf": 60},
            ("fabrics", "frontend", "switch"),
            "sn4600c with 60 host ports of 100G and 4 of 100G left",
            "60 uplinks at 1:1",
        ),
        (
            {"fabrics__backend__spine_links": 1, "machines__gpu__count": 68},
            ("fabrics", "backend", "switch"),
            "sn5600: 68 leaves with 2 uplinks each",
            "at most 64 leaves in two tiers",
        ),
        (
            {"planes__storage__fabric": "backend"},
            ("planes", "storage", "fabric"),
            "topology rail-optimised",
            "leaf-spine",
        ),
        (
            {"planes__business__fabric": "oob"},
            ("planes", "business", "fabric"),
            "topology tree",
            "topology rail-optimised or leaf-spine",
        ),
        (
            {"planes__management__fabric": "frontend"},
            ("planes", "management", "fabric"),
            "topology leaf-spine",
            "topology tree",
        ),
        ({"planes__compute": None}, ("fabrics", "backend"), "no plane on it", "at least one plane"),
        (
            {"planes__management": None},
            ("planes",),
            "no management plane",
            "management, on a fabric of topology tree",
        ),
        (
            {"machines__gpu": None},
            ("fabrics", "backend", "topology"),
            "no GPU server with compute NICs",
            "at least one",
        ),
    ],
)
def test_a_shortage(change, path, found, expected):
    cluster = spec(**change)
    lacks = [(lack.path, lack.found, lack.expected) for lack in shortages(cluster, tables())]
    assert (path, found, expected) in lacks
    with pytest.raises(UsageError, match=r"\."):
        design(cluster, tables())
