"""Servers of a lab as they were at one moment, given back: disks, and the state that belongs to them."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from tests.molecule.bench import Bench
from tests.molecule.box import Box

from rackwright import paths

STATE = ("engine", "runs", "secrets", "platform-left-out")
"""What of a cluster's state says what is on the servers, or came from them."""


@dataclass(frozen=True)
class Cluster(Bench):
    """A lab of the tests as molecule's boxes see one."""

    path: Path = Path()

    @cached_property
    def spec(self) -> dict:
        return yaml.safe_load(self.path.read_text())

    @property
    def folder(self) -> Path:
        return self.path.parent

    def cluster_file(self, lock: str | None = None) -> Path:
        return self.path


@dataclass(frozen=True)
class Moment:
    """All servers at one moment."""

    cluster: Cluster
    stacks: dict[str, list[str]]
    """Server to the layers of its disk."""
    state: Path
    """Copy of the cluster's state."""


def keep(path: Path, folder: Path, name: str) -> Moment:
    """Shut the servers down, keep their disks, and boot them again."""
    cluster = Cluster(name, path)
    boxes = {server.name: Box(cluster, server.name) for server in cluster.servers}
    with ThreadPoolExecutor(len(boxes)) as pool:
        stacks = dict(zip(boxes, pool.map(lambda box: box.keep(name), boxes.values()), strict=True))
    _copy(paths.state_dir(cluster.place.name), folder)
    moment = Moment(cluster, stacks, folder)
    give_back(moment)
    return moment


def give_back(moment: Moment) -> None:
    """Cut the power, and boot every server from the disk of that moment."""
    boxes = [Box(moment.cluster, name) for name in moment.stacks]
    _copy(moment.state, paths.state_dir(moment.cluster.place.name))
    with ThreadPoolExecutor(len(boxes)) as pool:
        list(pool.map(lambda box: box.restore(moment.stacks[box.server]), boxes))


def _copy(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in STATE:
        old, new = source / name, target / name
        if new.is_dir():
            shutil.rmtree(new)
        new.unlink(missing_ok=True)
        if old.is_dir():
            shutil.copytree(old, new)
        elif old.exists():
            shutil.copy2(old, new)
