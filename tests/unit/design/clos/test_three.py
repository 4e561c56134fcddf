"""Cores: how few carry the pods, and how they are wired."""

from collections import Counter

import pytest

from rackwright.design.clos.misfit import DoesNotFit
from rackwright.design.clos.three import meet

RADIX, HALF = 64, 32


@pytest.mark.parametrize(
    ("positions", "joined", "pods", "needed", "expected"),
    [
        (32, 1, 4, 32, (64, 1, 2, 16)),  # cores, share, cores of a group, links
        (32, 1, 8, 32, (128, 1, 4, 8)),
        (32, 1, 64, 32, (1024, 1, 32, 1)),
        (32, 1, 1, 32, (16, 2, 1, 32)),  # one pod: two positions share a core
        (4, 8, 4, 32, (64, 1, 16, 2)),  # rails: position j of all eight meets in one group
        (8, 8, 8, 32, (256, 1, 32, 1)),
        (24, 1, 5, 32, (64, 3, 8, 4)),  # three positions share, since five pods leave ports over
        (2, 1, 1, 32, (2, 1, 1, 32)),  # two cores at least
    ],
)
def test_the_fewest_cores(positions, joined, pods, needed, expected):
    core = meet(positions, joined, pods, needed, HALF, HALF, RADIX)
    assert (core.count, core.share, core.cores, core.links) == expected
    assert core.up == needed
    assert core.pods_max >= pods


@pytest.mark.parametrize(
    ("positions", "joined", "pods", "needed"), [(32, 1, 4, 32), (4, 8, 4, 32), (24, 1, 5, 32), (3, 2, 7, 9)]
)
def test_every_port_is_used_once_and_every_spine_reaches_its_cores_alike(positions, joined, pods, needed):
    core = meet(positions, joined, pods, needed, HALF, HALF, RADIX)
    taken: Counter[tuple[int, int]] = Counter()
    for pod in range(pods):
        for group in range(joined):
            for position in range(positions):
                ups = [core.spine_port(n, k) for n in range(core.cores) for k in range(core.links)]
                assert len(set(ups)) == len(ups) == needed
                assert min(ups) >= HALF
                assert max(ups) < RADIX
                for number in range(core.cores):
                    for link in range(core.links):
                        port = core.core_port(pod, group, position, link)
                        assert port < RADIX
                        taken[core.number(position, number), port] += 1
    assert max(taken.values()) == 1
    assert len({number for number, _ in taken}) == core.count


def test_pinned_links_keep_every_cable_while_pods_are_added():
    def cables(pods):
        core = meet(32, 1, pods, 32, HALF, HALF, RADIX, links=4)
        return {
            (
                pod,
                position,
                core.spine_port(n, k),
                core.number(position, n),
                core.core_port(pod, 0, position, k),
            )
            for pod in range(pods)
            for position in range(32)
            for n in range(core.cores)
            for k in range(core.links)
        }

    assert cables(2) < cables(9) < cables(16)


@pytest.mark.parametrize(
    ("arguments", "key", "words"),
    [
        ((32, 1, 65, 32), "switch", "at most 64 pods"),
        ((4, 8, 16, 32), "switch", "128"),
        ((32, 1, 17, 32, None, 4), "core_links", "at most 3"),
        ((32, 1, 4, 32, 65, None), "cores", "64 is the smallest"),
        ((32, 1, 4, 32, None, 5), "core_links", "divisor"),
    ],
)
def test_what_does_not_fit_says_what_would(arguments, key, words):
    positions, joined, pods, needed, cores, links = (*arguments, None, None)[:6]
    with pytest.raises(DoesNotFit) as none:
        meet(positions, joined, pods, needed, HALF, HALF, RADIX, cores, links)
    assert none.value.key == key
    assert words in f"{none.value.found} {none.value.expected} {none.value.hint}"
