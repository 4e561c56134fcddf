"""All verdicts on Kubernetes as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from rackwright.models.kubernetes_design import KubernetesDesign
from rackwright.pipeline import Planned
from rackwright.verify.expected import Expected
from rackwright.verify.kubernetes.claims import Attempt
from rackwright.verify.kubernetes.drivers import drivers, gpu_nodes
from rackwright.verify.kubernetes.labels import labels
from rackwright.verify.kubernetes.marks import Marks
from rackwright.verify.kubernetes.nodes import READY, nodes
from rackwright.verify.kubernetes.plugins import classes, plugins
from rackwright.verify.kubernetes.plugins import part as plugin
from rackwright.verify.kubernetes.seen import Json, Seen
from rackwright.verify.kubernetes.slices import part as offered
from rackwright.verify.kubernetes.slices import slices, versions
from rackwright.verify.model import Layer, Outcome, Verdict

CLAIM = "claim"
FACTS: tuple[tuple[str, Layer], ...] = (
    ("node ready", "kubernetes"),
    ("labels", "kubernetes"),
    ("devices", "devices"),
    (CLAIM, "claim"),
)
"""What is said of a node to be not measured where nothing could be read."""


def left_out(planned: Planned, reason: str) -> Iterator[Verdict]:
    """Every node's checks, not measured and not due: the platform is not there, by what ``up`` said."""
    design = planned.design.kubernetes
    for node in design.nodes if design else ():
        for check, layer in _facts(design, node.name):
            yield Verdict(
                check, layer, node.name, None, "not measured", reason, "as designed", "none", due=False
            )
        for check in ("kubelet configuration", "certificates", *(("etcd health",) if node.control else ())):
            yield Verdict(
                check, "node", node.name, None, "not measured", reason, "as designed", "none", due=False
            )


def verdicts(
    planned: Planned,
    seen: Seen,
    expected: Mapping[str, Expected],
    answers: Mapping[str, Json],
    attempt: Attempt | None,
) -> Iterator[Verdict]:
    """``answers``: what each machine said, by question; ``attempt`` None: no claim was to be made."""
    design = planned.design.kubernetes
    if design is None:
        return
    marks = Marks.of(design, expected)
    yield _api(design, seen, marks)
    if seen.wrong is not None:
        for node in design.nodes:
            for check, layer in _facts(design, node.name):
                # Where nothing was asked that is said once, of the API.
                yield Verdict(
                    check, layer, node.name, None, "not measured", "the API was not read", "as designed",
                    "the API", needs=marks.api(), due=seen.fault,
                )  # fmt: skip
        return
    yield from nodes(design, seen, marks)
    yield from labels(planned.design, seen, marks)
    yield from plugins(design, seen, marks)
    yield from classes(design, seen, marks)
    yield from slices(design, seen, marks, versions(answers))
    if attempt is not None:
        yield from _claims(design, attempt, marks)


def _facts(design: KubernetesDesign | None, node: str) -> list[tuple[str, Layer]]:
    gpus = {name for name, _ in gpu_nodes(design)} if design else set()
    return [fact for fact in FACTS if node in gpus or fact[1] == "kubernetes"]


def _api(design: KubernetesDesign, seen: Seen, marks: Marks) -> Verdict:
    """Whether the API let us in and answered every question."""
    outcome: Outcome = "pass" if seen.wrong is None else "fail" if seen.fault else "not measured"
    own = marks.node(marks.control)
    return Verdict(
        "API", "kubernetes", marks.control, None, outcome, seen.wrong or "answers", "answers",
        f"https://{design.host}", needs=(*marks.api(), *own), blames=(f"{marks.control}#apiserver",),
    )  # fmt: skip


def _claims(design: KubernetesDesign, attempt: Attempt, marks: Marks) -> Iterator[Verdict]:
    """Whether a claim was served on each GPU node, and whether all of it is gone again."""
    known = [driver.name for driver in drivers(design)]
    for name, _ in gpu_nodes(design):
        tried = attempt.nodes.get(name)
        if tried is None:
            continue
        outcome: Outcome = next(each for each in get_args(Outcome) if each == tried.outcome)
        parts = [READY, "cdi", "gpu", "nodes", "rdma", *map(plugin, known), *map(offered, known)]
        needs = (*marks.node(name), *(f"{name}#{part}" for part in parts))
        needs += tuple(f"{marks.control}#{part}" for part in ("device-classes", *map(plugin, known)))
        yield marks.verdict(
            CLAIM, "claim", name, outcome, tried.found, "a pod runs with the devices that it claims",
            "a pod in a namespace of its own", CLAIM, needs=needs, due=tried.due,
        )  # fmt: skip
    if attempt.nodes:
        yield marks.verdict(
            "claims withdrawn", "claim", marks.control, "fail" if attempt.left else "pass",
            attempt.left or "nothing is left", "nothing is left", "GET /api/v1/namespaces", "claims-left",
            also=tuple(f"{name}#{CLAIM}" for name, tried in attempt.nodes.items() if tried.outcome == "fail"),
        )  # fmt: skip
