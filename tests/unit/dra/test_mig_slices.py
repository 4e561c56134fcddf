"""MIG in ResourceSlices: counters in slices of their own, and what they exclude together."""

from __future__ import annotations

import itertools

from tests.unit.kubernetes.clusters import planned

from rackwright.dra.expected import pools, slices
from rackwright.gpu_sharing.mig import every_place

DYNAMIC = 'kubernetes: {sharing: {gpu: "mig:dynamic"}}'


def made(section=DYNAMIC):
    design = planned(section).design.kubernetes
    return design, design.groups[0]


def test_counter_sets_have_a_slice_of_their_own():
    """Beside devices the API server refuses them."""
    design, group = made()
    found = [
        part["spec"] for part in slices(design, "n", group) if part["spec"]["driver"] == "gpu.nvidia.com"
    ]
    sets = [spec for spec in found if "sharedCounters" in spec]
    assert len(sets) == 1
    assert [row["name"] for row in sets[0]["sharedCounters"]] == [f"gpu-{n}-counter-set" for n in range(8)]
    assert {spec["pool"]["resourceSliceCount"] for spec in found} == {len(found)} == {5}
    assert {spec["pool"]["name"] for spec in found} == {"n"}


def test_each_device_takes_from_the_set_of_its_own_gpu():
    design, group = made()
    pool = pools(design, group)[0]
    assert len(pool.devices) == 8 * (1 + len(every_place("h100-sxm-80gb")))
    for device in pool.devices:
        minor = device.name.split("-")[1]
        assert list(device.consumes) == [f"gpu-{minor}-counter-set"]
        for of, names in device.consumes.items():
            assert set(names) <= set(pool.counters[of])


def test_a_whole_gpu_leaves_nothing_for_partitions():
    design, group = made()
    pool = pools(design, group)[0]
    whole = next(device for device in pool.devices if device.name == "gpu-0")
    assert list(whole.consumes["gpu-0-counter-set"]) == list(pool.counters["gpu-0-counter-set"])


def test_memory_slices_alone_exclude_what_compute_slices_would():
    """Every set of partitions that shares no memory slice has seven compute slices at most."""
    parts = every_place("h100-sxm-80gb")
    for size in range(1, 8):
        for chosen in itertools.combinations(parts, size):
            taken = [n for part in chosen for n in range(part.start, part.start + part.slices)]
            if len(taken) == len(set(taken)):
                assert sum(part.compute for part in chosen) <= 7, chosen


def test_fixed_partitions_stand_in_their_gpus_place():
    design, group = made('kubernetes: {sharing: {gpu: "mig:3g.40gb,2g.20gb,1g.10gb+me"}}')
    pool = pools(design, group)[0]
    assert [device.name for device in pool.devices][:3] == [
        "gpu-0-mig-3g40gb-9-0",
        "gpu-0-mig-2g20gb-14-4",
        "gpu-0-mig-1g10gb-me-20-6",
    ]
    assert len(pool.devices) == 24
    assert pool.counters == {}
    assert {device.attributes["type"] for device in pool.devices} == {"mig"}


def test_partitions_of_a_gpu_have_one_parent_and_others_another():
    design, group = made('kubernetes: {sharing: {gpu: "mig:all-balanced"}}')
    parents = [device.attributes["parentUUID"] for device in pools(design, group, "n")[0].devices]
    assert len(set(parents)) == 8
    assert [len(list(same)) for _, same in itertools.groupby(parents)] == [4] * 8
