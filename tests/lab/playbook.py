"""Run a playbook as a user does, and get its results as data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TOOL = Path(sys.executable).with_name("ansible-playbook")


def environment() -> dict[str, str]:
    """Ansible's settings of the repository, with its results as JSON."""
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_NOCOLOR": "1",
    }


def argv(cluster: Path, *words: str, playbook: str = "site.yml") -> list[str]:
    """The command, with the cluster's folder as the inventory."""
    return [str(TOOL), "-i", str(cluster.parent), f"playbooks/{playbook}", *words]


@dataclass(frozen=True, slots=True)
class Played:
    """Results of one run."""

    code: int
    stats: dict[str, dict[str, int]]
    results: list[tuple[str, str, dict[str, Any]]]
    """(task, host, result), in order."""

    def changed(self) -> list[tuple[str, str]]:
        return [(task, host) for task, host, result in self.results if result.get("changed")]

    def failed(self) -> list[tuple[str, str, str]]:
        return [
            (t, h, str(r.get("msg"))) for t, h, r in self.results if r.get("failed") or r.get("unreachable")
        ]

    def diffs(self) -> list[Any]:
        """What differs, in what the tasks show; some modules show the same twice."""
        shown = [result["diff"] for _, _, result in self.results if result.get("diff")]
        parts = [part for diff in shown for part in (diff if isinstance(diff, list) else [diff])]
        return [part for part in parts if part.get("before") != part.get("after") or "prepared" in part]


def play(cluster: Path, *words: str, playbook: str = "site.yml", timeout: float = 400) -> Played:
    """Run it to its end."""
    done = subprocess.run(
        argv(cluster, *words, playbook=playbook),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert "{" in done.stdout, done.stderr
    data = json.loads(done.stdout[done.stdout.index("{") :])
    results = [
        (task["task"]["name"], host, result)
        for each in data["plays"]
        for task in each["tasks"]
        for host, result in task["hosts"].items()
    ]
    return Played(done.returncode, data["stats"], results)
