"""The lab with Kubernetes, once for all test files that import ``cluster``: brought up, and how to ask it.

Needs the filled depot (`rackwright depot build kubernetes-1.37.2`); skipped, by name, without it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.lab.conftest import ROOT, command

from rackwright import paths
from rackwright.depot.place import here, this_arch

NAME, TABLE = "tkube", "kubernetes-1.37.2"
FILLED = here().filled(TABLE, this_arch())
NEEDS_DEPOT = pytest.mark.skipif(
    not FILLED.is_dir(), reason=f"no filled depot: rackwright depot build {TABLE}"
)
CONTROL, ONE, TWO = "control-01", "gpu-su01-n01", "gpu-su01-n02"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, lab_state: Path) -> Iterator[Path]:
    """The inventory under another name, brought up."""
    folder = tmp_path_factory.mktemp("kube")
    spec = yaml.safe_load((ROOT / "inventories/lab-kubernetes/cluster.yaml").read_text())
    spec["cluster"], spec["planes"]["management"]["prefix"] = NAME, "10.137.0.0/16"
    path = folder / "cluster.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    shutil.copytree(ROOT / "inventories/lab-kubernetes/group_vars", folder / "group_vars")
    try:
        built = command("lab", "up", path, timeout=600)
        assert built.returncode == 0, built.stderr
        done = command("up", path, timeout=1200)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        yield path
    finally:
        command("lab", "down", NAME, timeout=120)


def kubectl(*words: str, text: str | None = None) -> Any:
    """From this machine, by the kubeconfig that the role has left."""
    config = paths.state_dir(NAME) / "secrets/kubeconfig"
    done = subprocess.run(
        [FILLED / "files/kubectl", "--kubeconfig", config, "--request-timeout=60s", *words],
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout
