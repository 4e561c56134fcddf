"""A lab with Kubernetes: its cluster file, `kubectl` as a user has it, and what the cluster holds.

Without a name, functions are of the lab that test files share (``nodes_up``); a ``Cluster`` is a test's own.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.lab.command import command

from rackwright import paths
from rackwright.depot.filled import lacking, wanted
from rackwright.depot.place import here, this_arch
from rackwright.lab.inside import must
from rackwright.lab.place import Place
from rackwright.pipeline import plan

NAME, PREFIX, TABLE = "tkube", "10.137.0.0/16", "kubernetes-1.37.2"
CONTROL, ONE, TWO = "control-01", "gpu-su01-n01", "gpu-su01-n02"
NODES = (ONE, TWO)
KILLS = int(os.environ.get("RACKWRIGHT_PLATFORM_KILLS", "0"))
"""How often `up` is killed in Kubernetes' part; 0: not at all."""
ENGINE = ("--engine", "in-process")
INVENTORY = paths.home() / "inventories/lab-kubernetes"
LACKS = lacking(INVENTORY.name, wanted(plan(INVENTORY.name).spec), [this_arch()])
NEEDS_DEPOT = pytest.mark.skipif(bool(LACKS), reason=LACKS)
ENDS = re.compile(r"-([a-f0-9]{8,10}|[a-z0-9]{5})$")
"""What Kubernetes adds to the name of what it makes from something else."""
PASSING = frozenset({"Event", "Lease", "EndpointSlice", "CertificateSigningRequest", "ComponentStatus"})
"""Kinds of objects that come and go by themselves."""


def filled(table: str) -> Path:
    """Folder of a filled depot; it may not be there."""
    return here().filled(table, this_arch())


FILLED = filled(TABLE)


def cluster_file(folder: Path, name: str = NAME, prefix: str = PREFIX, **more: Any) -> Path:
    """The smallest lab with Kubernetes, under a name and a prefix of a test's; ``more``: other keys."""
    spec = yaml.safe_load((INVENTORY / "cluster.yaml").read_text()) | {"cluster": name, **more}
    spec["planes"]["management"]["prefix"] = prefix
    folder.mkdir(exist_ok=True)
    path = folder / "cluster.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    shutil.copytree(INVENTORY / "group_vars", folder / "group_vars", dirs_exist_ok=True)
    return path


def kubeconfig(name: str = NAME) -> Path:
    """The way in that the role has left."""
    return paths.state_dir(name) / "secrets/kubeconfig"


def ask(
    name: str, *words: str, text: str | None = None, answer: int = 60, tools: Path = FILLED / "files"
) -> subprocess.CompletedProcess[str]:
    """kubectl from this machine, well or not; ``answer``: seconds that each request may take."""
    argv = [tools / "kubectl", "--kubeconfig", kubeconfig(name), f"--request-timeout={answer}s", *words]
    return subprocess.run(argv, input=text, capture_output=True, text=True, timeout=150, check=False)


def kubectl(*words: str, text: str | None = None, name: str = NAME) -> Any:
    """The same, and it must end well; an object where it prints one."""
    return _printed(words, ask(name, *words, text=text))


def _printed(words: tuple[str, ...], done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout


def items(*words: str) -> list[dict[str, Any]]:
    """The objects of a `kubectl get`."""
    found: list[dict[str, Any]] = kubectl("get", *words, "-o", "json")["items"]
    return found


def ready_nodes() -> dict[str, bool]:
    """Node to whether it is ready."""
    return {
        node["metadata"]["name"]: any(
            each["type"] == "Ready" and each["status"] == "True" for each in node["status"]["conditions"]
        )
        for node in items("nodes")
    }


def members() -> list[str]:
    """Names of etcd's members."""
    script = "set -a; . /etc/kubernetes/rackwright/etcdctl.env; etcdctl member list -w json"
    return [each["name"] for each in json.loads(must(Place(NAME), CONTROL, ["sh", "-c", script]))["members"]]


def tokens() -> list[str]:
    """For whom there are bootstrap tokens."""
    found = items("secrets", "-n", "kube-system", "--field-selector", "type=bootstrap.kubernetes.io/token")
    return sorted(base64.b64decode(each["data"].get("description", "")).decode() for each in found)


def requests() -> list[str]:
    """Certificate requests that nobody approved, or that gave no certificate."""
    found = items("certificatesigningrequests")
    return [each["metadata"]["name"] for each in found if not each.get("status", {}).get("certificate")]


def objects() -> Counter[str]:
    """Everything that is there, by kind, namespace and name, and how often."""
    kinds = kubectl("api-resources", "--verbs=list", "-o", "name").split()
    found = items(",".join(kinds), "--all-namespaces")
    return Counter(_name(each) for each in found if each["kind"] not in PASSING and not _token(each))


def _name(item: dict[str, Any]) -> str:
    about = item["metadata"]
    name = about["name"]
    for _ in range(2 if about.get("ownerReferences") else 0):
        name = ENDS.sub("", name)
    return f"{item['kind']} {about.get('namespace', '')}/{name}"


def _token(item: dict[str, Any]) -> bool:
    return item.get("type") == "bootstrap.kubernetes.io/token"


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
        done = ask(self.name, *words, text=text, answer=30, tools=self.tools)
        done.check_returncode()
        return _printed(words, done)

    def inside(self, host: str, text: str, timeout: float = 60) -> str:
        """What a shell line prints on a machine; it must end well."""
        return must(Place(self.name), host, ["sh", "-c", text], timeout=timeout)

    def kubelets(self) -> dict[str, str]:
        """Version that each node's kubelet reports."""
        found = self.kubectl("get", "nodes", "-o", "json")["items"]
        return {each["metadata"]["name"]: each["status"]["nodeInfo"]["kubeletVersion"] for each in found}

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
