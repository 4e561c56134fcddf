"""A lab's cluster with Kubernetes for one test: its file, its way up, and kubectl from this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.lab.conftest import ROOT, command

from rackwright import paths
from rackwright.depot.place import here, this_arch
from rackwright.lab.inside import must
from rackwright.lab.place import Place

LAB = ROOT / "inventories/lab-kubernetes"
CONTROL, NODES = "control-01", ("gpu-su01-n01", "gpu-su01-n02")


def filled(table: str) -> Path:
    """Folder of a filled depot; it may not be there."""
    return here().filled(table, this_arch())


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster file under a name and a management plane of its own, beside the lab's settings."""

    folder: Path
    name: str
    tools: Path
    """Programs of a filled depot."""

    @property
    def path(self) -> Path:
        return self.folder / "cluster.yaml"

    @property
    def place(self) -> Place:
        return Place(self.name)

    @property
    def kubeconfig(self) -> Path:
        return paths.state_dir(self.name) / "secrets/kubeconfig"

    def write(self, prefix: str, lock: str) -> None:
        """The inventory of lab-kubernetes, changed."""
        self.folder.mkdir(exist_ok=True)
        spec = yaml.safe_load((LAB / "cluster.yaml").read_text()) | {"cluster": self.name, "lock": lock}
        spec["planes"]["management"]["prefix"] = prefix
        self.path.write_text(yaml.safe_dump(spec, sort_keys=False))
        shutil.copytree(LAB / "group_vars", self.folder / "group_vars", dirs_exist_ok=True)

    def lock(self, name: str) -> None:
        """What a person does who wants another lock."""
        spec = yaml.safe_load(self.path.read_text())
        self.path.write_text(yaml.safe_dump({**spec, "lock": name}, sort_keys=False))

    def run(self, *words: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        """``rackwright WORD CLUSTER ...``, well or not; the word may be of a group: ``lab up``."""
        return command(*words[0].split(), self.path, *words[1:], timeout=timeout)

    def well(self, *words: str, timeout: float = 900) -> str:
        """The same, and it must end well."""
        done = self.run(*words, timeout=timeout)
        assert done.returncode == 0, f"{words}: {done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def kubectl(self, *words: str, text: str | None = None) -> Any:
        """JSON where kubectl prints it.

        :raises subprocess.CalledProcessError: it refuses, or nobody answers.
        """
        done = subprocess.run(
            [self.tools / "kubectl", "--kubeconfig", self.kubeconfig, "--request-timeout=30s", *words],
            input=text,
            capture_output=True,
            text=True,
            timeout=150,
            check=True,
        )
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout

    def inside(self, host: str, text: str, timeout: float = 60) -> str:
        """What a shell line prints on a machine; it must end well."""
        return must(self.place, host, ["sh", "-c", text], timeout=timeout)

    def kubelets(self) -> dict[str, str]:
        """Version that each node's kubelet reports."""
        items = self.kubectl("get", "nodes", "-o", "json")["items"]
        return {each["metadata"]["name"]: each["status"]["nodeInfo"]["kubeletVersion"] for each in items}

    def down(self) -> None:
        command("lab", "down", self.name, timeout=180)


def until(what: str, holds: Callable[[], Any], seconds: float) -> Any:
    """The first true answer; an answer that is an error is none."""
    end, last = time.monotonic() + seconds, "never true"
    while time.monotonic() < end:
        try:
            if found := holds():
                return found
        except (subprocess.SubprocessError, OSError) as problem:
            last = f"{problem}: {getattr(problem, 'stderr', '')}"
        time.sleep(1)
    raise AssertionError(f"{what}: not within {seconds:.0f} s: {last}")
