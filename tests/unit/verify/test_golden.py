"""Golden cases: planted faults and the findings that they must give, no more and no fewer.

A case is ``tests/golden/verify/<case>.yaml``: ``faults`` (methods of World, arguments), ``findings`` and,
where it is not ``lab``, ``cluster``; ``plain`` is the lab without Kubernetes.
RACKWRIGHT_GOLDEN=write rewrites the findings; read the difference before you commit it.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
import yaml
from world import World

from rackwright.verify import causes
from rackwright.verify.platform_words import STARTS

CASES = sorted((Path(__file__).parents[2] / "golden" / "verify").glob("*.yaml"))
CLUSTERS = ("lab", "lab-kubernetes", "plain")
NEVER_ALONE = {
    # Seen only together with what they follow from, or not planned in the lab's design.
    "planes that may talk",
}


@cache
def play(case: Path) -> tuple[list, list]:
    """Verdicts and findings of a case."""
    data = yaml.safe_load(case.read_text(encoding="utf-8"))
    world = World(data.get("cluster", "lab"))
    for fault in data["faults"]:
        for name, arguments in fault.items():
            getattr(world, name)(*arguments)
    verdicts = world.verdicts()
    return verdicts, causes.find(verdicts)


def as_data(findings):
    return [
        {
            "cause": f.cause,
            "layer": f.layer,
            "outcome": f.outcome,
            "place": f.place,
            "found": f.found,
            "expected": f.expected,
            "explains": f.effects,
        }
        for f in findings
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_findings(case):
    found = as_data(play(case)[1])
    data = yaml.safe_load(case.read_text(encoding="utf-8"))
    if os.environ.get("RACKWRIGHT_GOLDEN") == "write":
        data["findings"] = found
        text = yaml.safe_dump(data, sort_keys=False, width=110, allow_unicode=True)
        case.write_text("---\n" + text, encoding="utf-8")
    assert found == data["findings"]


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_a_cluster_as_designed_has_no_finding(cluster):
    world = World(cluster)
    verdicts = world.verdicts()
    assert {v.outcome for v in verdicts} == {"pass"}
    assert world.findings() == []


def test_every_check_is_seen_failing():
    """A check that no planted fault can fail proves nothing."""
    made = {v.check for cluster in CLUSTERS for v in World(cluster).verdicts()} - NEVER_ALONE
    failed = {v.check for case in CASES for v in play(case)[0] if v.outcome == "fail"}
    assert {_kind(name) for name in made} - {_kind(name) for name in failed} == set()


def _kind(check: str) -> str:
    """A check by its kind: one file, package row or NIC stands for all."""
    kinds = ("file ", "NIC firmware ", "packages ", "certificate ", *STARTS)
    return next((kind for kind in kinds if check.startswith(kind)), check)
