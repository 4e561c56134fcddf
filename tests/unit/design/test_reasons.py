"""Reasons are held against designs: what a sentence says is built, and counted."""

from __future__ import annotations

import copy
import re

import pytest
from tests.unit.design.clusters import made

from rackwright.errors import UsageError

H100 = {
    "machines__gpu": {"sku": "dgx-h100", "count": 64},
    "fabrics__backend": {
        "kind": "infiniband",
        "switch": "qm9700",
        "nos": "opensm",
        "topology": "rail-optimised",
    },
    "fabrics__frontend__hosts_per_leaf": None,
    "fabrics__frontend__spines": None,
}
ROCE = {"kind": "roce", "switch": "sn5600", "nos": "cumulus", "topology": "rail-optimised"}


def fabric(name="backend", **changes):
    return next(row for row in made(**copy.deepcopy({**H100, **changes})).fabrics if row.name == name)


def said(row, start):
    found = [line for line in row.reasons if line.startswith(start)]
    assert len(found) == 1, row.reasons
    return found[0]


def number(text, pattern):
    match = re.search(pattern, text)
    assert match, text
    return int(match[1].replace(",", ""))


def switches(row):
    return sum(count for _, count in row.tiers)


def test_the_server_that_needs_a_third_tier_does():
    last = number(said(fabric(), "limit of this fabric"), r"server ([0-9,]+) needs")
    assert last == 257
    below = fabric(machines__gpu__count=last - 1)
    above = fabric(machines__gpu__count=last)
    assert [tier for tier, _ in below.tiers] == ["leaf", "spine"]
    assert [tier for tier, _ in above.tiers] == ["leaf", "spine", "core"]
    assert said(above, "3 tiers") == "3 tiers: 72 leaves exceed what 2 tiers end at, 64 leaves"


def test_the_last_server_of_three_tiers_fits_and_the_next_does_not():
    """A small switch, so that the end is near: SN4600C as a RoCE backend of 100G."""
    small = {"fabrics__backend": {**ROCE, "switch": "sn4600c", "tiers": 3}, "machines__gpu__unit_size": 32}
    row = fabric(**small, machines__gpu__rails=8)
    assert number(said(row, "limit of this fabric"), r"([0-9,]+) GPU servers are the end") == 8192
    end = fabric(
        **small,
        machines__gpu__rails=8,
        machines__gpu__count=8192,
        planes__compute__prefix="10.0.0.0/9",
        planes__management__prefix="172.16.0.0/12",
    )
    assert switches(end) == 8192 * 8 // 32 * 2 + 1024
    with pytest.raises(UsageError, match="found 65 pods, expected at most 64"):
        fabric(
            **small,
            machines__gpu__rails=8,
            machines__gpu__count=8193,
            planes__compute__prefix="10.0.0.0/9",
            planes__management__prefix="172.16.0.0/12",
        )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"machines__gpu__count": 300},
        {"fabrics__backend": ROCE, "machines__gpu__count": 300},
        {"fabrics__backend": {**ROCE, "oversubscription": "2:1"}, "machines__gpu__count": 100},
    ],
)
def test_what_is_cheaper_can_be_built(changes):
    row = fabric(**changes)
    line = said(row, "cheaper")
    count = number(line, r": ([0-9,]+) switches")
    assert number(line, r"switches, ([0-9,]+) fewer") == switches(row) - count
    backend = {**H100["fabrics__backend"], **changes.get("fabrics__backend", {})}
    if match := re.search(r"switch ([a-z0-9-]+):", line):
        other = {**changes, "fabrics__backend": {**backend, "switch": match[1]}}
    else:
        other = {**changes, "machines__gpu__unit_size": number(line, r"units of ([0-9,]+)")}
    assert switches(fabric(**other)) == count


def test_more_oversubscription_saves_as_many_as_said():
    row = fabric(fabrics__backend=ROCE, machines__gpu__count=300)
    line = said(row, "fewer uplinks")
    ratio = re.search(r"oversubscription ([0-9]+:[0-9]+)", line)[1]
    cheap = fabric(fabrics__backend={**ROCE, "oversubscription": ratio}, machines__gpu__count=300)
    assert switches(cheap) == number(line, r": ([0-9,]+) switches") < switches(row)


def test_limits_by_radix_are_the_formulas():
    assert "2,048 endpoints in 2 tiers and at 65,536 in 3" in said(fabric(), "limit by radix")
    line = said(fabric(fabrics__backend=ROCE), "limit by radix")
    assert "128 ports of 400G" in line
    assert "8,192 endpoints in 2 tiers and at 524,288 in 3" in line


def test_parallel_planes_are_counted_and_compared_with_one():
    divided = {"sku": "dgx-b300", "count": 128, "unit_size": 64}
    row = fabric(machines__gpu=divided, fabrics__backend={**ROCE, "homing": "parallel", "nic_ports": 2})
    leaves = dict(row.tiers)["leaf"]
    assert said(row, f"{leaves} leaves").startswith(f"{leaves} leaves: 2 units x 8 x 2 fabric planes")
    assert "64 ports in a switch: 2,048 endpoints in 2 tiers" in said(row, "limit by planes")


def test_three_tiers_that_the_file_asks_for_are_said_to_be_so():
    row = fabric(fabrics__backend={**H100["fabrics__backend"], "tiers": 3})
    less = number(said(row, "3 tiers: the file says so"), r"with ([0-9,]+) switches fewer")
    assert switches(row) - switches(fabric()) == less


def test_a_subnet_ends_before_three_tiers_do():
    """49,151 local identifiers (0x0001 to 0xbfff): adapters and switches share them."""
    row = fabric()
    end = number(said(row, "limit of this fabric"), r"([0-9,]+) GPU servers are the end")
    assert number(said(row, "limit by subnet"), r"([0-9,]+) of 49,151") == 64 * 8 + switches(row)
    room = {"planes__compute__prefix": "10.0.0.0/9", "planes__management__prefix": "172.16.0.0/12"}
    whole = fabric(machines__gpu__count=end, **room)
    assert end * 8 + switches(whole) <= 49_151
    with pytest.raises(UsageError, match="at most 49,151 local identifiers"):
        fabric(machines__gpu__count=end + 64, **room)
