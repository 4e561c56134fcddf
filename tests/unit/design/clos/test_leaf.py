"""Leaves that share a unit's rail."""

import pytest
from tests.unit.design.clusters import tables

from rackwright.design.clos.leaf import leaf_for, parts_of, ratio_of


@pytest.mark.parametrize(
    ("hosts", "most", "together", "expected"),
    [
        (32, 32, 1, (1, 32)),
        (33, 32, 1, (2, 17)),
        (18, 32, 18, (1, 18)),
        (144, 32, 18, (5, 29)),  # whole racks would need eight leaves
        (144, 72, 18, (2, 72)),
        (144, 64, 18, (3, 54)),
        (1, 0, 1, (1, 1)),  # a switch without room says so when its uplinks are counted
    ],
)
def test_as_few_leaves_as_do_and_whole_racks_where_that_costs_none(hosts, most, together, expected):
    leaves, each = parts_of(hosts, most, together)
    assert (leaves, each) == expected
    assert leaves * each >= hosts


@pytest.mark.parametrize(
    ("split", "expected"), [(None, (2, 400)), (1, (1, 400)), (2, (2, 400)), (4, (4, 200))]
)
def test_a_pinned_split_divides_the_host_cages(split, expected):
    leaf = leaf_for(tables().switches["sn5600"], 400, 32, ratio_of("1:1"), split)
    assert (leaf.split, leaf.speed_gbps) == expected
