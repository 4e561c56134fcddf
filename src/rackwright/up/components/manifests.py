"""Manifests: several objects, each after what it needs (see :mod:`rackwright.kube.order`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rackwright.kube.identity import Identity
from rackwright.kube.order import ordered
from rackwright.provider.sdk import Component
from rackwright.up.components.manifest import Manifest, ManifestArgs


def declare(
    owner: Component,
    objects: Sequence[Mapping[str, Any]],
    ways_in: Mapping[str, Any],
    *,
    prefix: str = "",
    optional: bool = False,
    force: bool = False,
) -> list[Manifest]:
    """A Manifest for each object, as children of ``owner``; in the order of ``objects``."""
    made: dict[int, Manifest] = {}
    for place, needs in ordered(objects):
        each = objects[place]
        args = ManifestArgs(**ways_in, object=each, optional=optional, force=force)
        after = [made[other] for other in needs]
        made[place] = Manifest(prefix + label(each), args, owner.child(depends_on=after))
    return [made[place] for place in range(len(objects))]


def label(each: Mapping[str, Any]) -> str:
    """The resource's name in the stack.

    >>> label({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "a"}})
    'configmap-a-c'
    """
    which = Identity.of(each)
    return "-".join(filter(None, (which.kind.lower(), which.namespace, which.name)))
