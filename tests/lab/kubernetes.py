"""A lab with Kubernetes: its cluster file, `kubectl` as a user has it, and what the cluster holds."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from rackwright import paths
from rackwright.depot.filled import lacking, wanted
from rackwright.depot.place import here, this_arch
from rackwright.lab.inside import must
from rackwright.lab.place import Place
from rackwright.pipeline import plan

NAME, PREFIX, TABLE = "tkube", "10.137.0.0/16", "kubernetes-1.37.2"
CONTROL, ONE, TWO = "control-01", "gpu-su01-n01", "gpu-su01-n02"
KILLS = int(os.environ.get("RACKWRIGHT_PLATFORM_KILLS", "0"))
"""How often `up` is killed in Kubernetes' part; 0: not at all."""
ENGINE = ("--engine", "in-process")
FILLED = here().filled(TABLE, this_arch())
INVENTORY = paths.home() / "inventories/lab-kubernetes"
LACKS = lacking(INVENTORY.name, wanted(plan(INVENTORY.name).spec), [this_arch()])
NEEDS_DEPOT = pytest.mark.skipif(bool(LACKS), reason=LACKS)
ENDS = re.compile(r"-([a-f0-9]{8,10}|[a-z0-9]{5})$")
"""What Kubernetes adds to the name of what it makes from something else."""
PASSING = frozenset({"Event", "Lease", "EndpointSlice", "CertificateSigningRequest", "ComponentStatus"})
"""Kinds of objects that come and go by themselves."""


def cluster_file(folder: Path) -> Path:
    """The smallest lab with Kubernetes, under the tests' name."""
    spec = yaml.safe_load((INVENTORY / "cluster.yaml").read_text())
    spec["cluster"], spec["planes"]["management"]["prefix"] = NAME, PREFIX
    spec["access"] = {"kubeconfig": "state:kubeconfig"}
    path = folder / "cluster.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    shutil.copytree(INVENTORY / "group_vars", folder / "group_vars")
    return path


def kubeconfig() -> Path:
    """The way in that the role has left."""
    return paths.state_dir(NAME) / "secrets/kubeconfig"


def kubectl(*words: str, text: str | None = None) -> Any:
    """From this machine; an object where it prints one."""
    done = subprocess.run(
        [FILLED / "files/kubectl", "--kubeconfig", kubeconfig(), "--request-timeout=60s", *words],
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
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
