"""The plan of a roll: who is changed with whom."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rackwright.errors import UsageError
from rackwright.roll.plan import SIZES, Host, Size, batches, sizes


def fleet(units: int, racks: int, per_rack: int) -> list[Host]:
    """Hosts named by place: ``u1r2h3``."""
    return [
        Host(f"u{u}r{r}h{h}", f"u{u}", f"u{u}r{r}")
        for u in range(1, units + 1)
        for r in range(1, racks + 1)
        for h in range(1, per_rack + 1)
    ]


@pytest.mark.parametrize(
    ("hosts", "text", "expected"),
    [
        (12, SIZES, [1, 1, 2, 2, 2, 2, 2]),
        (3, SIZES, [1, 1, 1]),
        (100, SIZES, [1, 5, 20, 20, 20, 20, 14]),
        (1000, SIZES, [1, 50, 200, 200, 200, 200, 149]),
        (7, "3", [3, 3, 1]),
        (4, "100%", [4]),
        (5, "2,9", [2, 3]),
        (0, SIZES, []),
    ],
)
def test_sizes_of_batches(hosts, text, expected):
    found = batches([Host(f"h{i:04}", "u", f"r{i % 7}") for i in range(hosts)], hosts, sizes(text))
    assert [len(batch) for batch in found] == expected


@pytest.mark.parametrize("text", ["", "0", "1,,2", "5 %%", "101%", "-1", "many", "1.5", "0%"])
def test_no_sizes(text):
    with pytest.raises(UsageError, match=r"expected numbers of hosts and shares, such as 1,5%,20%"):
        sizes(text)


def test_a_share_is_of_the_fleet_not_of_what_is_left():
    assert [len(batch) for batch in batches(fleet(1, 1, 20), 100, sizes("20%"))] == [20]


def test_a_batch_takes_one_host_of_each_rack_before_a_second_of_any():
    found = batches(fleet(1, 4, 4), 16, sizes("4"))
    for batch in found:
        assert len({name[:4] for name in batch}) == 4


def test_a_batch_takes_from_every_unit_alike():
    for batch in batches(fleet(4, 2, 2), 16, sizes("4")):
        assert Counter(name[:2] for name in batch) == Counter(["u1", "u2", "u3", "u4"])


hosts = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5)), min_size=1, max_size=60).map(
    lambda places: [Host(f"h{i:02}", f"u{u}", f"u{u}r{r}") for i, (u, r) in enumerate(places)]
)
wanted = st.lists(
    st.one_of(st.integers(1, 70).map(Size), st.integers(1, 100).map(lambda n: Size(n, True))),
    min_size=1,
    max_size=4,
)


@given(hosts, wanted)
def test_every_host_once_and_no_batch_too_large(members, asked):
    found = batches(members, len(members), asked)
    assert sorted(name for batch in found for name in batch) == sorted(host.name for host in members)
    for number, batch in enumerate(found):
        limit = asked[min(number, len(asked) - 1)].of(len(members))
        assert len(batch) == limit or (number == len(found) - 1 and len(batch) <= limit)


@given(hosts, wanted, st.randoms(use_true_random=False))
def test_the_order_of_the_hosts_does_not_matter(members, asked, dice):
    shuffled = list(members)
    dice.shuffle(shuffled)
    assert batches(shuffled, len(members), asked) == batches(members, len(members), asked)


@given(hosts, wanted)
def test_no_whole_unit_is_taken_where_it_can_be_avoided(members, asked):
    check(members, asked, lambda host: host.unit)


@given(hosts.map(lambda members: [Host(h.name, "u", h.rack) for h in members]), wanted)
def test_no_whole_rack_is_taken_where_it_can_be_avoided(members, asked):
    whole = len(members)
    for batch in batches(members, whole, asked):
        if len(batch) == whole > 1:
            return  # the only unit is taken whole, and its racks with it
    check(members, asked, lambda host: host.rack)


def check(members, asked, place):
    """A place is taken whole in one batch only when the rest holds too few for the batch."""
    size = Counter(place(host) for host in members)
    left = {host.name: host for host in members}
    for batch in batches(members, len(members), asked):
        waiting = Counter(place(host) for host in left.values())
        taken = Counter(place(left[name]) for name in batch)
        spare = sum(min(waiting[p], size[p] - 1) if size[p] > 1 else waiting[p] for p in waiting)
        if any(taken[p] == size[p] > 1 for p in taken):
            assert len(batch) > spare
        left = {name: host for name, host in left.items() if name not in batch}


def test_a_large_fleet_is_planned_in_seconds():
    members = fleet(384, 8, 4)
    random.Random(3).shuffle(members)  # noqa: S311 - a repeatable order
    begun = time.monotonic()
    found = batches(members, len(members), sizes(SIZES))
    assert sum(len(batch) for batch in found) == 12288
    assert time.monotonic() - begun < 20
