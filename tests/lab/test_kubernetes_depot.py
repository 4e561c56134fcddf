"""The whole depot of a Kubernetes: filled (from Go modules without a network), proven, served, pulled.

About ten minutes on two cores with nothing in Go's cache; seconds when the depot's cache has it.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.command import ROOT, command

from rackwright.depot.load import load_table, names
from rackwright.depot.place import Place, here, this_arch
from rackwright.depot.registry import PROGRAMS

pytestmark = [
    pytest.mark.timeout(5400),
    pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed"),
    pytest.mark.skipif(not any(map(shutil.which, PROGRAMS)), reason="docker-registry is not installed"),
    pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed"),
]


@pytest.fixture(scope="module", params=[name for name in names() if "kubeadm" in load_table(name).files])
def table(request: pytest.FixtureRequest) -> str:
    """Each table of a Kubernetes, filled; what it says is shown as it comes."""
    argv = [sys.executable, "-m", "rackwright", "depot", "build", request.param]
    subprocess.run(argv, cwd=ROOT, check=True, timeout=5000)
    return str(request.param)


@pytest.fixture(scope="module")
def served(table: str) -> Iterator[str]:
    """Address of the depot's registry."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    argv = [sys.executable, "-m", "rackwright", "depot", "serve", table, "--address", address]
    process = subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://{address}/v2/", timeout=1).close()
            break
        except OSError:
            time.sleep(0.2)
    yield address
    process.terminate()
    process.wait(timeout=10)


def place(table: str) -> Path:
    return here().filled(table, this_arch())


def test_it_is_whole_and_a_changed_byte_is_found(table: str, tmp_path: Path) -> None:
    assert command("depot", "verify", table, timeout=300).returncode == 0
    copy = Place(tmp_path).filled(table, this_arch())
    shutil.copytree(place(table), copy, copy_function=os.link)
    victim = max((copy / "oci/blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.unlink()
    victim.write_bytes(content)
    answer = command("depot", "verify", table, "--json", timeout=300, RACKWRIGHT_DEPOT=str(tmp_path))
    assert answer.returncode == 1
    assert len(json.loads(answer.stdout)["findings"]) == 1, "one blob, and no other thing"


def test_kubeadm_tells_the_locked_version_and_wants_the_tables_images(table: str) -> None:
    kubeadm = place(table) / "files" / "kubeadm"
    said = subprocess.run([kubeadm, "version", "-o", "json"], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout)["clientVersion"]["gitVersion"] == f"v{load_table(table).version}"
    wanted = subprocess.run(
        [kubeadm, "config", "images", "list", f"--kubernetes-version=v{load_table(table).version}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(wanted.stdout.split()) == {image.name for image in load_table(table).images.values()}


def test_a_client_pulls_every_image(table: str, served: str, tmp_path: Path) -> None:
    record = json.loads((place(table) / "depot.json").read_text())
    for image in record["images"]:
        target = tmp_path / image["digest"].replace(":", "-")
        subprocess.run(
            [
                "skopeo",
                "copy",
                "--src-tls-verify=false",
                f"docker://{served}/{image['name']}",
                f"dir:{target}",
            ],
            check=True,
            capture_output=True,
            timeout=300,
        )
        digest = subprocess.run(
            ["sha256sum", target / "manifest.json"], capture_output=True, text=True, check=True
        ).stdout.split()[0]
        assert image["digest"] == f"sha256:{digest}"
        shutil.rmtree(target)
