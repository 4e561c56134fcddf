"""`rackwright up` killed at random moments of Kubernetes' part: reruns end ready, with nothing twice.

Each kill begins from servers that have everything but Kubernetes, which the lab keeps as they were.
``RACKWRIGHT_PLATFORM_KILLS`` says how often (`make cluster-kill-test`: 20); ``RACKWRIGHT_KILL_SEED`` repeats
a series.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest
from tests.lab.command import command

from rackwright.lab.inside import must
from rackwright.lab.place import Place

from . import disks, kubernetes
from .conftest import LeftOut, NodesUp
from .kill import kill_after
from .kubernetes import CONTROL, KILLS, NEEDS_DEPOT, ONE, TWO

SEED = int(os.environ.get("RACKWRIGHT_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
PLATFORM = ("--stack", "platform")
NODES = [CONTROL, ONE, TWO]
SETTLE_SECONDS = 120.0
"""Until the pods of the system are there, and what a killed run asked for is decided."""
pytestmark = [
    NEEDS_DEPOT,
    pytest.mark.skipif(KILLS == 0, reason="RACKWRIGHT_PLATFORM_KILLS is 0"),
    pytest.mark.timeout(1800 + 900 * KILLS),
]


def moments(seconds: float) -> Iterator[float]:
    """As many as there are kills, one at random in each part of the stage, in a random order."""
    chance = random.Random(SEED)  # noqa: S311 - a series that can be repeated
    found = [(number + chance.random()) * seconds / KILLS for number in range(KILLS)]
    chance.shuffle(found)
    yield from found


def finish(left_out: LeftOut) -> float:
    begun = time.monotonic()
    done = command(
        "up", left_out.path, *PLATFORM, *kubernetes.ENGINE, "--no-verify", "--platform-optional", timeout=1200
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return time.monotonic() - begun


def extra(expected: NodesUp) -> list[str]:
    """What is there too often, or not at all, beside an undisturbed cluster."""
    found = kubernetes.objects()
    names = sorted({*found, *expected.objects})
    wrong = [
        f"{name}: found {found[name]}, expected {expected.objects[name]}"
        for name in names
        if found[name] != expected.objects[name]
    ]
    wrong += [f"certificate request {name} gave none" for name in kubernetes.requests()]
    ready = kubernetes.ready_nodes()
    wrong += [f"node {name} is not ready" for name in sorted(ready) if not ready[name]]
    return wrong


def settled(expected: NodesUp) -> list[str]:
    """The same, as soon as nothing is wrong; what still is after a while."""
    end = time.monotonic() + SETTLE_SECONDS
    while (wrong := extra(expected)) and time.monotonic() < end:
        time.sleep(3)
    return wrong


def certificates() -> dict[str, str]:
    """Node to the digest of the certificate that its kubelet shows; nodes share none."""
    argv = ["sha256sum", "/var/lib/kubelet/pki/kubelet-server-current.pem"]
    return {name: must(Place(kubernetes.NAME), name, argv).split()[0] for name in NODES}


def test_killed_runs_end_ready_with_nothing_twice(left_out: LeftOut, nodes_up: NodesUp) -> None:
    assert left_out.kept is not None
    figures = []
    for number, moment in enumerate(moments(nodes_up.seconds)):
        disks.give_back(left_out.kept)
        killed = kill_after(left_out.path, moment, *PLATFORM, "--no-look", role="cni")
        again = finish(left_out)
        where = f"seed {SEED}, kill {number} at {moment:.1f} s of {nodes_up.seconds:.1f} s"
        assert settled(nodes_up) == [], where
        assert sorted(kubernetes.ready_nodes()) == NODES, where
        assert kubernetes.members() == [CONTROL], where
        tokens = kubernetes.tokens()
        assert sorted(set(tokens)) == tokens, f"{where}: bootstrap tokens"
        assert len(set(certificates().values())) == len(NODES), where
        word = "killed" if killed else "had ended by itself, to be killed"
        print(f"\n{word} at {moment:6.1f} s of {nodes_up.seconds:.1f} s, rerun {again:6.1f} s: nothing twice")
        figures.append(killed)
    assert any(figures), f"seed {SEED}: no run was killed in time"
    unchanged = command(
        "preview", left_out.path, *PLATFORM, *kubernetes.ENGINE, "--expect-no-changes", timeout=400
    )
    assert unchanged.returncode == 0, unchanged.stdout
    print(f"seed {SEED}: {sum(figures)} of {KILLS} killed")
