"""The spine rule and the wiring rule, as plain numbers."""

import pytest
from tests.unit.design.clusters import tables

from rackwright.design.clos.limits import endpoints
from rackwright.design.sizing import Ask, DoesNotFit, leaf_for, ratio_of, size, wire

SN5600, SN4600C, QM9700, SN2201 = (tables().switches[n] for n in ("sn5600", "sn4600c", "qm9700", "sn2201"))


@pytest.mark.parametrize(
    ("model", "nic", "hosts", "ratio", "expected"),
    [
        (SN5600, 400, None, "1:1", (2, 400, 64, 32)),
        (SN5600, 200, None, "1:1", (4, 200, 128, 32)),
        (SN5600, 800, None, "1:1", (1, 800, 32, 32)),
        (SN4600C, 100, None, "3:1", (1, 100, 48, 48)),
        (SN4600C, 100, None, "1:1", (1, 100, 32, 32)),
        (SN4600C, 25, None, "1:1", (2, 25, 84, 42)),
        (SN4600C, 400, None, "3:1", (1, 100, 48, 48)),
        (QM9700, 400, 32, "1:1", (2, 400, 32, 16)),
        (SN2201, 1, None, "1:1", (1, 1, 48, 48)),
    ],
)
def test_a_leaf(model, nic, hosts, ratio, expected):
    leaf = leaf_for(model, nic, hosts, ratio_of(ratio))
    assert (leaf.split, leaf.speed_gbps, leaf.hosts, leaf.cages) == expected


@pytest.mark.parametrize(
    ("model", "hosts", "leaves", "ratio", "expected"),
    [
        (SN5600, 4, 4, "1:1", (2, 1, 1)),  # the lab: 1600G of hosts, 2 x 800G up
        (SN5600, 64, 8, "1:1", (4, 8, 1)),
        (SN5600, 64, 64, "1:1", (32, 1, 1)),
        (SN5600, 64, 65, "1:1", (64, 1, 2)),  # more leaves than a spine has cages: the uplinks are split
        (SN4600C, 48, 2, "3:1", (2, 8, 1)),
        (SN4600C, 48, 9, "3:1", (4, 4, 1)),  # 3 spines would need 18 uplinks; a leaf has 16
        (QM9700, 32, 24, "1:1", (16, 2, 2)),  # 12 spines would do for the ports, but do not divide 32
    ],
)
def test_wiring(model, hosts, leaves, ratio, expected):
    speed = 100 if model is SN4600C else 400
    fits = wire(model, leaf_for(model, speed, hosts, ratio_of(ratio)), leaves, ratio_of(ratio))
    assert (fits.spines, fits.links, fits.split) == expected


def test_every_uplink_and_every_spine_port_is_used_once():
    leaf = leaf_for(QM9700, 400, 32, (1, 1))
    for leaves in (1, 8, 9, 16, 24, 32, 33, 64):
        fits = wire(QM9700, leaf, leaves, (1, 1))
        ups = [fits.leaf_port(spine, link) for spine in range(fits.spines) for link in range(fits.links)]
        downs = [fits.spine_port(number, link) for number in range(leaves) for link in range(fits.links)]
        assert len(set(ups)) == len(ups) == fits.uplinks == 32
        assert max(ups) < fits.uplinks_max
        assert len(set(downs)) == len(downs)
        assert max(downs) < fits.radix


def test_halving_the_links_keeps_the_ends_of_every_cable_that_stays():
    leaf = leaf_for(QM9700, 400, 32, (1, 1))

    def ends(leaves):
        fits = wire(QM9700, leaf, leaves, (1, 1))
        return {
            (number, fits.leaf_port(spine, link)): (spine, fits.spine_port(number, link))
            for number in range(8)
            for spine in range(fits.spines)
            for link in range(fits.links)
        }

    small, large = ends(8), ends(16)  # 4 spines become 8
    stay = {near: far for near, far in large.items() if far[0] < 4}
    assert len(stay) == len(small) / 2
    assert all(small[near] == far for near, far in stay.items())


@pytest.mark.parametrize(
    ("leaves", "spines", "key", "words"),
    [
        (24, 12, "spines", "16, 32"),
        (65, None, "switch", "at most 64 leaves in two tiers"),
        (8, 3, "spines", "4, 8, 16, 32"),
    ],
)
def test_what_does_not_fit_says_what_would(leaves, spines, key, words):
    with pytest.raises(DoesNotFit) as none:
        wire(QM9700, leaf_for(QM9700, 400, 32, (1, 1)), leaves, (1, 1), spines=spines)
    assert none.value.key == key
    assert words in f"{none.value.expected} {none.value.hint}"


def test_a_leaf_without_room_for_uplinks_does_not_fit():
    with pytest.raises(DoesNotFit) as none:
        wire(SN4600C, leaf_for(SN4600C, 100, 64, (1, 1)), 2, (1, 1))
    assert none.value.key == "switch"


def ask(model, units, hosts=32, speed=400, **more):
    """A rail-optimised fabric of so many units with eight rails."""
    rails = {"per_block": 1, "groups": 8} if more.pop("by_rail", False) else {"per_block": 8}
    return Ask(model, leaf_for(model, speed, hosts, (1, 1)), units, **{**rails, **more})


@pytest.mark.parametrize(
    ("units", "more", "expected"),
    [
        (8, {}, (2, 1, 32, 0)),  # 64 leaves: the largest that two tiers carry
        (9, {}, (3, 3, 96, 64)),
        (16, {}, (3, 4, 128, 64)),  # 64 cores of 64 ports
        (32, {}, (3, 8, 256, 128)),
        (64, {}, (3, 16, 512, 256)),
        (256, {}, (3, 64, 2048, 1024)),  # R^3/4 endpoints
        (16, {"by_rail": True, "tiers": 3}, (3, 4, 128, 64)),
        (64, {"by_rail": True, "tiers": 3}, (3, 8, 512, 256)),  # larger pods, so that all rails meet
        (64, {"by_rail": True}, (2, 1, 256, 0)),  # a fabric for each rail, not joined
        (16, {"core_ratio": (7, 1)}, (3, 3, 96, 16)),
        (1, {"tiers": 3, "pod_blocks": 1}, (3, 1, 8, 4)),
    ],
)
def test_tiers_pods_spines_and_cores(units, more, expected):
    clos = size(ask(QM9700, units, **more))
    assert (clos.tiers, clos.pods, clos.spines, clos.cores) == expected


def test_a_verified_wiring_of_rail_groups():
    """A rail of a four-unit pod: four leaves, four spines, eight links a pair; opensm's ftree takes it."""
    clos = size(ask(QM9700, 16, by_rail=True, tiers=3))
    assert (clos.pod_blocks, clos.wiring.spines, clos.wiring.links) == (4, 4, 8)


@pytest.mark.parametrize(("radix", "hosts", "speed"), [(64, 32, 400), (144, 72, 800)])
def test_the_limits_are_reached_and_not_passed(radix, hosts, speed):
    model = QM9700 if radix == 64 else tables().switches["q3400"]
    for tiers in (2, 3):
        units = endpoints(radix, tiers) // (hosts * 8)
        clos = size(ask(model, units, hosts, speed, tiers=tiers))
        assert clos.tiers == tiers
        with pytest.raises(DoesNotFit) as none:
            size(ask(model, units + 1, hosts, speed, tiers=tiers))
        assert none.value.outgrown


def test_98304_endpoints_at_400g_split_every_cage():
    clos = size(ask(SN5600, 384))
    assert clos.core is not None
    assert clos.wiring.split == 2
    leaves = 384 * 8
    columns = leaves * 32, leaves * clos.wiring.uplinks, clos.spines * clos.core.up
    assert columns == (98_304, 98_304, 98_304)


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"tiers": 2}, "switch"),
        ({"links": 1}, "switch"),  # pinned: outgrown, and not re-designed
        ({"tiers": 3, "spines": 16}, "spines"),
        ({"tiers": 3, "pod_blocks": 5}, "pod_units"),
        ({"tiers": 3, "cores": 63}, "cores"),
        ({"tiers": 3, "core_links": 32}, "core_links"),
    ],
)
def test_what_a_site_pins_is_kept_or_refused(more, key):
    with pytest.raises(DoesNotFit) as none:
        size(ask(QM9700, 16, **more))
    assert none.value.key == key
