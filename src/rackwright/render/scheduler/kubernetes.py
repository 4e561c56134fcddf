"""Kubernetes: node labels, and the topology objects of Kueue, KAI and Volcano."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from rackwright.render.scheduler.seat import DOMAIN, GROUP, UNIT, Seat, compute, levels

Json = dict[str, Any]


def node_labels(found: Iterable[Seat]) -> str:
    """A Node for each server with its labels only, for server-side apply with a field manager of its own."""
    lines = []
    for seat in found:
        lines.append("---\napiVersion: v1\nkind: Node\nmetadata:\n  name: " + seat.server + "\n  labels:\n")
        lines += [f"    {key}: {value}\n" for key, value in seat.labels().items()]
    return "".join(lines)


def kueue(cluster: str, found: list[Seat]) -> str:
    """Topology and a ResourceFlavor for each group of GPU servers (kueue.x-k8s.io/v1beta2)."""
    gpu = compute(found)
    api = "kueue.x-k8s.io/v1beta2"
    documents: list[Json] = [_topology(api, cluster, gpu)]
    for group in sorted({seat.group for seat in gpu}):
        spec = {"topologyName": cluster, "nodeLabels": {GROUP: group}}
        documents.append(_object(api, "ResourceFlavor", f"{cluster}-{group}", spec))
    return _dump(documents)


def kai(cluster: str, found: list[Seat]) -> str:
    """Topology of the KAI scheduler (kai.scheduler/v1alpha1)."""
    return _dump([_topology("kai.scheduler/v1alpha1", cluster, compute(found))])


def volcano(cluster: str, found: list[Seat]) -> str:
    """HyperNodes (topology.volcano.sh/v1alpha1): tier 1 is nearest. A rack is no level of the network,
    unless it is an NVLink domain."""
    gpu = compute(found)
    documents: list[Json] = []
    tier = 1
    units: dict[str, dict[str, None]] = {}
    pods: dict[str, dict[str, None]] = {}
    for seat in gpu:
        units.setdefault(seat.unit or "", {})[seat.domain or ""] = None
        pods.setdefault(seat.pod or "", {})[seat.unit or ""] = None
    if all(seat.domain for seat in gpu):
        domains = [domain for inside in units.values() for domain in inside]
        documents += [_by_label(name, tier, DOMAIN) for name in domains]
        tier += 1
        documents += [_by_name(unit, tier, inside) for unit, inside in units.items()]
    else:
        documents += [_by_label(unit, tier, UNIT) for unit in units]
    tier += 1
    documents += [_by_name(pod, tier, inside) for pod, inside in pods.items()]
    if len(pods) > 1:
        documents.append(_by_name(cluster, tier + 1, pods))
    return _dump(documents)


def _topology(api: str, cluster: str, gpu: list[Seat]) -> Json:
    return _object(api, "Topology", cluster, {"levels": [{"nodeLabel": key} for key in levels(gpu)]})


def _object(api: str, kind: str, name: str, spec: Json) -> Json:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _by_label(name: str, tier: int, label: str) -> Json:
    members = [{"type": "Node", "selector": {"labelMatch": {"matchLabels": {label: name}}}}]
    return _object("topology.volcano.sh/v1alpha1", "HyperNode", name, {"tier": tier, "members": members})


def _by_name(name: str, tier: int, inside: Iterable[str]) -> Json:
    members = [{"type": "HyperNode", "selector": {"exactMatch": {"name": other}}} for other in inside]
    return _object("topology.volcano.sh/v1alpha1", "HyperNode", name, {"tier": tier, "members": members})


def _dump(documents: list[Json]) -> str:
    return yaml.dump_all(documents, Dumper=yaml.CSafeDumper, sort_keys=False, explicit_start=True)
