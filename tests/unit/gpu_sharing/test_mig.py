"""MIG layouts: what fits into a GPU, against every way of placing it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rackwright.gpu_sharing.mig import COMPUTE, expand, place, profiles
from rackwright.load.catalog import tables
from rackwright.paths import home

MODELS = sorted(name for name, gpu in tables(home()).gpus.items() if gpu.vendor == "nvidia")
H100 = "h100-sxm-80gb"


def fits(gpu, wanted):
    """By trying all starts, with no cleverness."""
    known = profiles(gpu)
    if sum(known[name].compute for name in wanted) > COMPUTE:
        return False
    if any(wanted.count(name) > known[name].most for name in wanted):
        return False
    for starts in itertools.product(*(known[name].starts for name in wanted)):
        pairs = zip(wanted, starts, strict=True)
        taken = [n for name, at in pairs for n in range(at, at + known[name].slices)]
        if len(taken) == len(set(taken)):
            return True
    return False


@pytest.mark.parametrize("gpu", MODELS)
def test_every_model_has_profiles_and_its_own_layouts_fit(gpu):
    known = profiles(gpu)
    assert known
    for name in known:
        wanted = expand(gpu, [f"all-{name}"])
        assert wanted == (name,) * known[name].most
        assert place(gpu, wanted) is not None, name
    assert place(gpu, expand(gpu, ["all-balanced"])) is not None


@given(st.lists(st.sampled_from(sorted(profiles(H100))), min_size=1, max_size=5))
def test_a_layout_is_placed_exactly_when_there_is_a_way(wanted):
    found = place(H100, wanted)
    assert (found is not None) == fits(H100, wanted)
    if found is not None:
        assert sorted(part.profile for part in found) == sorted(wanted)
        taken = [n for part in found for n in range(part.start, part.start + part.slices)]
        assert len(taken) == len(set(taken))
        assert max(taken) < 8


def test_profiles_of_another_model_are_none():
    assert expand(H100, ["all-1g.5gb"]) is None
    assert expand("mi300x-192gb", ["all-balanced"]) is None
