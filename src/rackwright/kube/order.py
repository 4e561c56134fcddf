"""What must be there before what: a namespace before its content, a CRD before its objects.

Objects that do not need one another stay independent, so that they are made side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from rackwright.kube.identity import Identity

Manifest: TypeAlias = Mapping[str, Any]
_REFERENCES = {("ResourceFlavor", "kueue.x-k8s.io"): ("Topology", "topologyName")}
"""(kind, group) to the kind of the same group that ``spec.<field>`` names."""


def ordered(objects: Sequence[Manifest]) -> list[tuple[int, tuple[int, ...]]]:
    """Positions in an order that works, each with the positions of what it needs.

    >>> crd = {"spec": {"group": "g", "names": {"kind": "K"}}}
    >>> crd |= {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    >>> crd |= {"metadata": {"name": "ks.g"}}
    >>> ordered([{"apiVersion": "g/v1", "kind": "K", "metadata": {"name": "k"}}, crd])
    [(1, ()), (0, (1,))]
    """
    known = {name: place for place, each in enumerate(objects) for name in _provides(each)}
    needs = [
        tuple(sorted({known[name] for name in _needs(each) if name in known} - {place}))
        for place, each in enumerate(objects)
    ]
    done: dict[int, None] = {}

    def add(place: int, ahead: frozenset[int]) -> None:
        for other in needs[place]:
            if other not in done and other not in ahead:
                add(other, ahead | {place})
        done.setdefault(place)

    for place in range(len(objects)):
        add(place, frozenset())
    return [(place, needs[place]) for place in done]


def _provides(each: Manifest) -> Iterator[tuple[str, ...]]:
    which = Identity.of(each)
    yield which.group, which.kind, which.name
    if which.kind == "CustomResourceDefinition":
        yield "kind", each["spec"]["group"], each["spec"]["names"]["kind"]


def _needs(each: Manifest) -> Iterator[tuple[str, ...]]:
    which = Identity.of(each)
    yield "kind", which.group, which.kind
    if which.namespace:
        yield "", "Namespace", which.namespace
    if (which.kind, which.group) in _REFERENCES:
        kind, field = _REFERENCES[which.kind, which.group]
        yield which.group, kind, str((each.get("spec") or {}).get(field))
