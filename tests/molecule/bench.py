"""A bench: a small lab whose GPU servers are all alike, brought up once; molecule's machines are its servers.

Servers are booted through their BMCs as `up` does it, and get no role: what a role finds is up to its test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from tests.molecule.failure import Failed

from rackwright import hostkeys, paths, pipeline
from rackwright.engine import stack
from rackwright.lab import cgroups
from rackwright.lab.place import Place
from rackwright.models.design import Server
from rackwright.up import shards

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "tests/molecule/benches"
LAYERS = ("fabric", "servers")
"""What of `up` a bench needs; the roles are what is tested."""
LAB_S = 400


def work() -> Path:
    """Where the benches keep their cluster files, state and logs; ``$RACKWRIGHT_MOLECULE`` overrides it."""
    return Path(os.environ.get("RACKWRIGHT_MOLECULE", paths.cache_dir() / "molecule"))


@dataclass(frozen=True)
class Bench:
    """One of ``benches/``, by the name of its file, which is that of its host lock."""

    name: str

    @cached_property
    def spec(self) -> dict:
        return yaml.safe_load((FILES / f"{self.name}.yaml").read_text())

    @property
    def place(self) -> Place:
        return Place(self.spec["cluster"])

    @property
    def folder(self) -> Path:
        return work() / self.place.name

    def cluster_file(self, lock: str | None = None) -> Path:
        """The cluster's file; the same machines under another host lock are a folder beside it."""
        wanted = lock or self.spec["lock"]
        path = self.folder / wanted / "cluster.yaml"
        text = yaml.safe_dump({**self.spec, "lock": wanted}, sort_keys=False)
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return path

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        return pipeline.plan(str(self.cluster_file())).design.servers

    def up(self) -> None:
        """Build the lab and boot its servers; what is there is left.

        :raises Failed: with what the lab or a stack said.
        """
        path = self.cluster_file()
        if self.spec.get("kubernetes") is not None:
            self._run("depot", "build", str(path))  # its charts are rendered for this cluster's name
        self._run("lab", "up", str(path))
        planned = pipeline.plan(str(path))
        state = paths.state_dir(planned.design.name)
        pins = {server.name: [server.management.address.ip] for server in planned.design.servers}
        hostkeys.pin_all(state, pins)
        for step in shards.steps(planned.design):
            for shard in step.shards if step.name in LAYERS else ():
                config = {"rackwright:cluster": str(path), "rackwright:shard": shard}
                name = shards.stack_name(planned.design.name, shard)
                done = stack.run("up", shards.folder(step.layer), name, config, state_dir=state)
                if done.exit_code:
                    raise Failed(self.name, f"{step.name} {shard}", f"{done.message} {done.failed}")

    def cpu(self) -> float:
        """Seconds of processor time that its machines have used; 0 where control groups do not count it."""
        for root in cgroups.hierarchies():
            counter = root / self.place.cgroup / "cpuacct.usage"
            if counter.exists():
                return int(counter.read_text()) / 1e9
        return 0.0

    def down(self) -> None:
        """Take the lab away, with every disk that was kept."""
        if self.place.exists():
            self._run("lab", "down", self.place.name)

    def _run(self, *words: str) -> None:
        command = [sys.executable, "-m", "rackwright", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LAB_S, cwd=ROOT, check=False)
        if done.returncode:
            raise Failed(self.name, " ".join(words[:2]), f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
