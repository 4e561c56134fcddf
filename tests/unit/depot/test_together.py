"""One registry over two depots: images of both; where they have a name in common, the newer one's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.depot import tiny
from tests.unit.depot.conftest import World, needs_go

from rackwright.depot import storage, together
from rackwright.depot.fill import fill
from rackwright.depot.load import load_table
from rackwright.depot.record import FILE, Record, load
from rackwright.depot.which import earlier
from rackwright.errors import WorldRefused

pytestmark = needs_go
OLD = "tiny-0.9.0"
TAGS = "docker/registry/v2/repositories/registry.example.com/{}/_manifests/tags/{}/current/link"


@pytest.fixture
def two(world: World) -> list[Path]:
    """The depot of today, and one before it: another tag of one image, another content of the other."""
    fill(world.job(), archive=None)
    text = tiny.table().replace("registry.example.com/tiny:1.0.0", "registry.example.com/tiny:0.9.0")
    text = text.replace("main.version: 1.0.0", "main.version: tiny 1.0.0 of yesterday").replace(
        "text: tiny 1.0.0", "text: of yesterday"
    )
    (world.home / f"catalog/artifacts/{OLD}.yaml").write_text(text)
    fill(replace(world.job(), name=OLD, table=load_table(OLD)), archive=None)
    return [world.folder, world.place.filled(OLD, "amd64")]


def images(folder: Path) -> dict[str, str]:
    record = load(folder)
    assert isinstance(record, Record)
    return {image.name: image.digest for image in record.images}


def tag(registry: Path, name: str, word: str) -> str:
    return (registry / TAGS.format(name, word)).read_text()


def test_images_of_both_are_served(two: list[Path]) -> None:
    served = together.registry(two)
    new, old = map(images, two)
    assert tag(served, "tiny", "1.0.0") == new["registry.example.com/tiny:1.0.0"]
    assert tag(served, "tiny", "0.9.0") == old["registry.example.com/tiny:0.9.0"]
    name = "registry.example.com/a/both:v1"
    assert new[name] != old[name]
    assert tag(served, "a/both", "v1") == new[name], "the newer one's"
    for digest in (*new.values(), *old.values()):
        manifest = json.loads(storage.blob(served, digest.removeprefix("sha256:")).read_text())
        for part in manifest["layers"]:
            data = storage.blob(served, part["digest"].removeprefix("sha256:"))
            assert data.stat().st_nlink > 1, "no room of its own"


def test_it_is_made_again_only_when_a_depot_is_another(two: list[Path]) -> None:
    served = together.registry(two)
    inode = served.stat().st_ino
    assert together.registry(two).stat().st_ino == inode
    (two[1] / FILE).write_text((two[1] / FILE).read_text() + "\n")
    assert together.registry(two).stat().st_ino != inode
    assert not [path for path in served.parent.parent.iterdir() if path.name.startswith(".")]


def test_one_depot_is_served_as_it_is(two: list[Path]) -> None:
    assert together.registry(two[:1]) == two[0] / "registry"


def test_one_that_is_not_filled_is_said(two: list[Path], tmp_path: Path) -> None:
    with pytest.raises(WorldRefused, match="no filled depot"):
        together.registry([two[0], tmp_path / "gone"])


def test_a_lock_brings_those_before_it_and_a_table_none() -> None:
    assert earlier("lab-h100-ubuntu2404-kubernetes") == ["kubernetes-1.36.3"]
    assert earlier("lab-kubernetes") == ["kubernetes-1.36.3"]
    assert earlier("lab-h100-ubuntu2404-kubernetes-136") == []
    assert earlier("kubernetes-1.37.2") == []
