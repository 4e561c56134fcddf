"""Whatever the order in which objects are given, each comes after what it needs, and after nothing else."""

from __future__ import annotations

from itertools import permutations

from rackwright.kube.order import ordered

from .objects import CONFIG, CRD, GPU, SPACE, WIDGET

TOPOLOGY = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Topology", "metadata": {"name": "lab"}}
FLAVOUR = {**TOPOLOGY, "kind": "ResourceFlavor", "spec": {"topologyName": "lab"}}
NEEDS = [(CONFIG, [SPACE]), (WIDGET, [CRD]), (FLAVOUR, [TOPOLOGY]), (GPU, [])]


def test_every_permutation():
    for objects in permutations([CONFIG, SPACE, WIDGET, CRD, GPU]):
        found = ordered(objects)
        assert sorted(place for place, _ in found) == list(range(len(objects)))
        seen = set()
        for place, needs in found:
            assert seen >= set(needs)
            seen.add(place)


def test_only_what_is_needed():
    objects = [CONFIG, SPACE, WIDGET, CRD, FLAVOUR, TOPOLOGY, GPU]
    needs = {place: [objects[other] for other in found] for place, found in ordered(objects)}
    for each, expected in NEEDS:
        assert needs[objects.index(each)] == expected


def test_objects_that_need_one_another_in_a_ring_do_not_hang():
    one = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "namespace": "a"}}
    assert ordered([one]) == [(0, ())]
