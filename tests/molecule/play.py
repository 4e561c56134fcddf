"""Run roles on one machine with the cluster's own inventory, and get results as data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from tests.lab.playbook import TOOL, Played, environment
from tests.molecule.bench import ROOT
from tests.molecule.box import Box
from tests.molecule.failure import Failed

RUN_S = 300
SET_BY_MOLECULE = (
    "MOLECULE_",
    "ANSIBLE_INVENTORY",
    "ANSIBLE_ROLES",
    "ANSIBLE_COLLECTIONS",
    "ANSIBLE_LIBRARY",
    "ANSIBLE_FILTER",
)
"""What a step's own runs do not take over: they have the repository's settings."""


@dataclass(frozen=True)
class Play:
    """Which roles, on which machine, under which lock."""

    box: Box
    roles: tuple[str, ...]
    lock: str | None = None
    extra: dict = field(default_factory=dict)

    def run(self, *words: str, kill_at: int = 0, kill_after: float = 0.0) -> Played | None:
        """To its end; None when it was killed on the way, as was asked."""
        argv = [str(TOOL), "-i", str(self.box.bench.cluster_file(self.lock).parent), str(self._playbook())]
        argv += ["-e", json.dumps(self.extra), *words]
        env = {name: value for name, value in environment().items() if not name.startswith(SET_BY_MOLECULE)}
        env["ANSIBLE_SSH_CONTROL_PATH_DIR"] = str(self.box.connections)
        if kill_at:
            env["ANSIBLE_CALLBACK_PLUGINS"] = str(ROOT / "tests/molecule/callbacks")
            env["ANSIBLE_CALLBACKS_ENABLED"] = "kill_at"
            env |= {"KILL_AT_TASK": str(kill_at), "KILL_AT_AFTER": str(kill_after)}
        with subprocess.Popen(
            argv,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(timeout=RUN_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        if process.returncode == -signal.SIGKILL and kill_at:
            return None
        if "{" not in out:
            raise Failed(self.roles[-1], "ansible-playbook", f"ended with {process.returncode}: {out}{err}")
        return _played(process.returncode, json.loads(out[out.index("{") :]))

    def _playbook(self) -> Path:
        """A play for each role, as the product's own playbooks have it."""
        path = self.box.bench.folder / "plays" / self.box.server / f"{'-'.join(self.roles)}.yml"
        play = {"hosts": self.box.server, "become": True, "gather_facts": False}
        plays = [{"name": role, **play, "roles": [{"role": role}]} for role in self.roles]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(plays, sort_keys=False))
        return path


def inventory(box: Box, extra: dict) -> Path:
    """What the cluster's inventory and the test say of one machine; molecule's own stands beside it."""
    argv = [str(TOOL.with_name("ansible-inventory")), "-i", str(box.bench.cluster_file().parent)]
    done = subprocess.run(
        [*argv, "--host", box.server],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(box.bench.name, "inventory", done.stderr)
    path = box.bench.folder / f"{box.server}.yml"
    path.write_text(json.dumps({"all": {"hosts": {box.server: {**json.loads(done.stdout), **extra}}}}))
    return path


def _played(code: int, data: dict) -> Played:
    results = [
        (task["task"]["name"], host, result)
        for each in data["plays"]
        for task in each["tasks"]
        for host, result in task["hosts"].items()
    ]
    return Played(code, data["stats"], results)
