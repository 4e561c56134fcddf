"""Clusters whose lock is for Ubuntu: their servers say so, and get that lock's packages; switches stay."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.lab.command import command
from tests.lab.conftest import cluster_file

from rackwright import pipeline
from rackwright.lab.inside import must
from rackwright.lab.place import Place
from rackwright.locks import load_lock

pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize(
    ("name", "prefix", "lock", "sku"),
    [
        ("tubu", "10.132.0.0/17", "lab-h100-ubuntu2404", "dgx-h100"),
        ("tamd", "10.132.128.0/17", "lab-mi300x-ubuntu2404", "mi300x-8gpu"),
    ],
)
def test_it_comes_up(tmp_path: Path, lab_state: Path, name: str, prefix: str, lock: str, sku: str) -> None:
    path = cluster_file(tmp_path, name, prefix)
    spec = yaml.safe_load(path.read_text())
    spec["lock"] = lock
    spec["machines"]["gpu"] |= {"sku": sku, "count": 1}
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    try:
        built = command("lab", "up", path, timeout=400)
        assert built.returncode == 0, built.stderr
        done = command("up", path, timeout=1200)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        place, design = Place(name), pipeline.plan(str(path)).design
        gpu = next(server.name for server in design.servers if server.role == "gpu")
        release = must(place, gpu, ["cat", "/etc/os-release"])
        assert 'VERSION_CODENAME="noble"' in release
        assert 'VARIANT_ID="simulated"' in release
        assert "ID=debian" in must(place, design.switches[0].name, ["cat", "/etc/os-release"])
        containerd = str(load_lock(lock).row("containerd").reports)
        assert f" {containerd}+" in must(place, gpu, ["containerd", "--version"])
        status = " ".join(command("lab", "status", path).stdout.split())
        assert "simulated: Debian that says it is ubuntu2404-server" in status
    finally:
        command("lab", "down", name, timeout=120)
