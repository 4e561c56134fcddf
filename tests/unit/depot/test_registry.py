"""The real registry program over a depot: every image is pulled from it to the last blob, and nothing can
be pushed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.depot.conftest import World, needs_go

from rackwright.depot import oci
from rackwright.depot.fill import fill
from rackwright.depot.registry import PROGRAMS, command, configuration
from rackwright.errors import WorldRefused

pytestmark = needs_go
needs_registry = pytest.mark.skipif(
    not any(map(shutil.which, PROGRAMS)), reason="docker-registry is not installed"
)


@pytest.fixture
def served(world: World, tmp_path: Path) -> Iterator[str]:
    """The address of a registry over the tiny depot."""
    fill(world.job(), archive=None)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(command([world.folder], address, tmp_path), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://{address}/v2/", timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"http://{address}/v2"
    process.terminate()
    process.wait(timeout=10)


def get(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": oci.MANIFEST})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return bytes(answer.read())


@needs_registry
@pytest.mark.parametrize("name", ["a/both:v1", "tiny:1.0.0"])
def test_an_image_comes_whole(served: str, name: str) -> None:
    repository, tag = f"registry.example.com/{name}".rsplit(":", 1)
    manifest = json.loads(get(f"{served}/{repository}/manifests/{tag}"))
    assert manifest["mediaType"] == oci.MANIFEST
    for part in (manifest["config"], *manifest["layers"]):
        content = get(f"{served}/{repository}/blobs/{part['digest']}")
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == part["digest"]
    tags = json.loads(get(f"{served}/{repository}/tags/list"))
    assert tags == {"name": repository, "tags": [tag]}


@needs_registry
def test_nothing_can_be_pushed(served: str) -> None:
    request = urllib.request.Request(f"{served}/registry.example.com/tiny/blobs/uploads/", method="POST")  # noqa: S310
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(request, timeout=10)  # noqa: S310


def test_it_is_read_only_and_listens_where_it_is_told(tmp_path: Path) -> None:
    document = json.loads(configuration(tmp_path, "10.112.0.1:8481"))
    assert document["storage"]["maintenance"]["readonly"] == {"enabled": True}
    assert document["http"]["addr"] == "10.112.0.1:8481"


def test_without_the_program_it_says_what_to_install(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world.job(), archive=None)
    monkeypatch.setattr("rackwright.depot.registry.shutil.which", lambda name: None)
    with pytest.raises(WorldRefused, match="apt-get install docker-registry"):
        command([world.folder], "127.0.0.1:1", tmp_path)
