"""Nodes: every designed one is there and ready, at its version, with its part of the pods' prefix."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.models.kubernetes_design import KubernetesDesign
from rackwright.verify.checks.kubelet import differences, shown
from rackwright.verify.kubernetes.marks import Marks
from rackwright.verify.kubernetes.seen import Json, Seen
from rackwright.verify.model import Outcome, Verdict

SOURCE = "GET /api/v1/nodes"
READY = "ready"
"""The part of a node that its readiness is."""


def condition(node: Json, kind: str) -> Json:
    """A condition of a node; an empty one where it has none."""
    found = (node.get("status") or {}).get("conditions") or ()
    return next((each for each in found if each["type"] == kind), {})


def is_ready(seen: Seen, name: str) -> bool:
    return name in seen.nodes and condition(seen.nodes[name], "Ready").get("status") == "True"


def nodes(design: KubernetesDesign, seen: Seen, marks: Marks) -> Iterator[Verdict]:
    """Readiness, version, prefix and kubelet of each; nodes that nobody designed."""
    for node in design.nodes:
        name, live = node.name, seen.nodes.get(node.name)
        needs = marks.node(name)
        good, said = _readiness(live)
        outcome: Outcome = "pass" if good else "fail"
        yield marks.verdict(
            "node ready", "kubernetes", name, outcome, said, "Ready", SOURCE, READY, needs=needs
        )
        if live is None:
            continue
        version = live["status"]["nodeInfo"]["kubeletVersion"]
        if design.release is not None:
            wanted = f"v{design.release}"
            outcome = "pass" if version == wanted else "fail"
            yield marks.verdict(
                "kubelet version", "kubernetes", name, outcome, version, wanted, SOURCE, "kubernetes-version"
            )
        prefix = live["spec"].get("podCIDR") or "none"
        outcome = "pass" if prefix == node.pods else "fail"
        yield marks.verdict("pod prefix", "kubernetes", name, outcome, prefix, node.pods, SOURCE, "pods")
        yield _in_force(seen, marks, name, good)
    extra = sorted(set(seen.nodes) - {node.name for node in design.nodes})
    outcome = "fail" if extra else "pass"
    yield marks.verdict(
        "extra nodes",
        "kubernetes",
        marks.control,
        outcome,
        ", ".join(extra) or "none",
        "none",
        SOURCE,
        "nodes-extra",
    )


def _readiness(live: Json | None) -> tuple[bool, str]:
    if live is None:
        return False, "no such node"
    found = condition(live, "Ready")
    if found.get("status") == "True":
        return True, "Ready"
    return False, f"not Ready: {found.get('message') or found.get('reason') or 'no condition'}"[:200]


def _in_force(seen: Seen, marks: Marks, name: str, ready: bool) -> Verdict:
    """What the kubelet runs with, as it tells the API server over its serving certificate."""
    want, found = marks.expected.get(name), seen.kubelets.get(name, "not asked")
    source, check = "GET /api/v1/nodes/NAME/proxy/configz", "kubelet in force"
    needs = (*marks.node(name), f"{name}#{READY}")
    if want is None or want.node is None or isinstance(found, str):
        # A node that is not ready need not answer; one that is must.
        why = found if isinstance(found, str) else "nothing is expected of it"
        outcome: Outcome = "fail" if ready and isinstance(found, str) else "not measured"
        return marks.verdict(
            check,
            "kubernetes",
            name,
            outcome,
            why[:200],
            "answers the API server",
            source,
            "kubelet-api",
            needs=needs,
        )
    wrong = differences(found, want.node.kubelet)
    said, expected = shown(wrong)
    return marks.verdict(
        check,
        "kubernetes",
        name,
        "fail" if wrong else "pass",
        said,
        expected,
        source,
        "kubelet-api",
        needs=needs,
    )
