"""The plugin, as `ansible-inventory` uses it: the folder alone is the inventory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from rackwright.paths import home

TOOL = Path(sys.executable).with_name("ansible-inventory")


def ask(inventory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ANSIBLE_CONFIG": str(home() / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(
        [TOOL, "-i", inventory, *words],
        cwd=home(),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_folder_is_the_inventory_and_the_asset_list_is_not(cluster: Path) -> None:
    assert (cluster / "assets.yaml").is_file()
    done = ask(cluster, "--graph")
    assert done.returncode == 0, done.stderr
    for word in ("@unit_su01:", "@role_control_plane:", "@plane_compute:", "--gpu-su01-n04"):
        assert word in done.stdout
    assert "WARNING" not in done.stderr


def test_the_file_is_the_inventory_under_any_name(cluster: Path) -> None:
    (cluster / "cluster.yaml").rename(cluster / "berlin.yaml")
    done = ask(cluster / "berlin.yaml", "--host", "gpu-su01-n01")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["nvidia_driver_gpus"] == 8


def test_a_wrong_file_stops_the_run_with_its_place(cluster: Path) -> None:
    path = cluster / "cluster.yaml"
    path.write_text(path.read_text().replace("dgx-h100", "dgx-h1000"))
    done = ask(cluster, "--list")
    assert done.returncode != 0
    assert "machines.gpu.sku" in done.stderr
    assert "Traceback" not in done.stderr
