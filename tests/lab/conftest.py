"""Labs for tests: each has a name, a management prefix and a state of its own, and ends with its test.

``lab_file``      makes cluster files (small, or the lab's own) for labs that one test builds
``cluster_up``    a lab that `rackwright up` has finished, for the whole session
``left_out``      a lab with Kubernetes whose depot `up` found empty
``nodes_up``      the same after the next `up`
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.lab import disks, kill, kubernetes
from tests.lab.command import command
from tests.plain_lab import FOLDER, plain_lab

from rackwright import paths
from rackwright.lab import packages
from rackwright.lab.place import Place

Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class LeftOut:
    """A lab that came up without its Kubernetes, and what the commands said."""

    path: Path
    built: str
    refused: subprocess.CompletedProcess[str]
    """An `up` that was not told that it may do without."""
    said: str
    served: str
    note: str
    """What it left for the checks."""
    kept: disks.Moment | None
    """Where `up` will be killed: the servers before Kubernetes."""


@dataclass(frozen=True)
class NodesUp:
    """The lab with its Kubernetes."""

    path: Path
    seconds: float
    """From the first task of role cni to the end of the run."""
    said: str
    objects: Counter[str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a lab; say why it cannot be had."""
    here = Path(__file__).parent
    reason = ""
    if sys.platform != "linux" or os.geteuid() != 0:
        reason = "a lab needs Linux and root"
    elif packages.missing():
        reason = f"a lab needs {' '.join(packages.missing())}"
    for item in items:
        if here in Path(item.fspath).parents:
            item.add_marker(pytest.mark.lab)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def rackwright(lab_state: Path) -> Run:
    return command


@pytest.fixture(scope="session")
def lab_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state directory for the session's labs; the cache (root image, depot) is the user's own."""
    state = tmp_path_factory.mktemp("state")
    before = os.environ.get("RACKWRIGHT_STATE")
    os.environ["RACKWRIGHT_STATE"] = str(state)
    os.environ.setdefault("RACKWRIGHT_CACHE", str(paths.cache_dir()))
    yield state
    if before is None:
        del os.environ["RACKWRIGHT_STATE"]
    else:
        os.environ["RACKWRIGHT_STATE"] = before


def cluster_file(folder: Path, name: str, prefix: str, small: bool = True) -> Path:
    """The lab's inventory under another name, with two GPU servers and without Kubernetes; ``small``: fewer
    rails, less storage.
    """
    if Place(name).exists():  # an interrupted run of the tests left it
        command("lab", "down", name, timeout=120)
    spec = plain_lab()
    spec["cluster"] = name
    spec["planes"]["management"]["prefix"] = prefix
    spec["machines"]["gpu"]["count"] = 2
    if small:
        spec["machines"]["gpu"]["rails"] = 2
        spec["machines"]["storage"]["count"] = 1
        spec["storage"]["replica"] = 1
    path = folder / name / "cluster.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    shutil.copytree(FOLDER / "group_vars", path.parent / "group_vars", dirs_exist_ok=True)
    return path


@pytest.fixture
def lab_file(tmp_path: Path, lab_state: Path) -> Iterator[Callable[..., Path]]:
    """``lab_file("name", "10.x.0.0/16")``: a cluster file whose lab is taken down after the test."""
    made: list[str] = []

    def make(name: str, prefix: str, small: bool = True) -> Path:
        made.append(name)
        return cluster_file(tmp_path, name, prefix, small)

    yield make
    for name in made:
        command("lab", "down", name, timeout=120)


@pytest.fixture(scope="session")
def cluster_up(tmp_path_factory: pytest.TempPathFactory, lab_state: Path) -> Iterator[Path]:
    """Cluster file of a lab that `rackwright up` has finished."""
    path = cluster_file(tmp_path_factory.mktemp("cluster"), "tup", "10.121.0.0/16", small=False)
    try:
        built = command("lab", "up", path, timeout=400)
        assert built.returncode == 0, built.stderr
        done = command("up", path, timeout=900)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        yield path
    finally:
        command("lab", "down", "tup", timeout=120)


@pytest.fixture(scope="session")
def left_out(tmp_path_factory: pytest.TempPathFactory, lab_state: Path) -> Iterator[LeftOut]:
    """A lab with Kubernetes that came up without it, as if its depot could not be filled."""
    path = kubernetes.cluster_file(tmp_path_factory.mktemp("kube"))
    empty = {"RACKWRIGHT_DEPOT": str(tmp_path_factory.mktemp("empty"))}
    if Place(kubernetes.NAME).exists():  # an interrupted run of the tests left it
        command("lab", "down", kubernetes.NAME, timeout=120)
    try:
        built = command("lab", "up", path, timeout=600, **empty)
        assert built.returncode == 0, built.stderr
        refused = command("up", path, *kubernetes.ENGINE, timeout=120, **empty)
        done = command("up", path, *kubernetes.ENGINE, "--platform-optional", timeout=1200, **empty)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        # The depot is filled, but for the charts: they are rendered with this cluster's values.
        rendered = command("depot", "build", path, timeout=900)
        assert rendered.returncode == 0, rendered.stderr
        served = command("lab", "up", path, timeout=300)
        assert served.returncode == 0, served.stderr
        note = (paths.state_dir(kubernetes.NAME) / "platform-left-out").read_text()
        kept = disks.keep(path, tmp_path_factory.mktemp("moment"), "left-out") if kubernetes.KILLS else None
        yield LeftOut(path, built.stdout, refused, done.stdout, served.stdout, note, kept)
    finally:
        command("lab", "down", kubernetes.NAME, timeout=120)


@pytest.fixture(scope="session")
def nodes_up(left_out: LeftOut) -> NodesUp:
    """The same lab after an `up` that nobody disturbed."""
    seconds, said = kill.window(left_out.path, "cni", ("--no-verify",), timeout=1200)
    return NodesUp(left_out.path, seconds, said, kubernetes.objects())
