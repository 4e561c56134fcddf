"""Which rows of a lock a server is asked for."""

from __future__ import annotations

import pytest
from world import World

from rackwright.locks import load_lock
from rackwright.verify.checks.software import software
from rackwright.verify.facts import Answer, Facts

INSIDE = "lab-h100-ubuntu2404"
"""A lock whose runc comes inside containerd's package."""


def verdicts(packages: str) -> list[str]:
    world = World()
    storage = next(want for want in world.expected.values() if want.role == "storage")
    answers = {"packages": Answer(0, packages, "")}
    facts = Facts(lambda name: answers.get(name, Answer(127, "", "not found")))
    return [each.check for each in software(facts, storage, load_lock(INSIDE).rows)]


@pytest.mark.parametrize("there", [True, False])
def test_what_comes_inside_anothers_package_is_asked_where_that_is_installed(there: bool) -> None:
    [(name, version)] = load_lock(INSIDE).row("containerd").packages.items()
    found = verdicts(f"{name} {version} hii\n" if there else "")
    assert ("runc" in found) is there
