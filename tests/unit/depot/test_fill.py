"""A depot from nothing: each source, what is said when there is none, and what a second run does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.unit.depot import tiny
from tests.unit.depot.conftest import World, needs_go

from rackwright.depot import golang
from rackwright.depot.archive import Archive, pack
from rackwright.depot.check import check
from rackwright.depot.fill import fill
from rackwright.depot.place import digest
from rackwright.depot.record import load
from rackwright.engine.download import WrongDigest
from rackwright.errors import Lacking, WorldRefused

pytestmark = needs_go


def test_each_file_from_the_first_source_that_has_it(world: World) -> None:
    record = fill(world.job(), archive=None)
    assert {held.name: held.origin for held in record.files} == {
        "fetched": "release",
        "tiny": "go",
        "tool": "release",
    }
    assert check(world.folder, world.job().table, "amd64") == []
    assert load(world.folder) == record
    assert "tiny: built in" in world.said.getvalue()


def test_a_second_run_fetches_and_builds_nothing_and_gives_the_same_bytes(world: World) -> None:
    first = fill(world.job(), archive=None)
    asked = list(world.server.requests)
    shutil.rmtree(world.folder)
    second = fill(world.job(), archive=None)
    assert second == first
    assert world.server.requests == asked
    assert "tiny: built before" in world.said.getvalue()


def test_a_build_from_scratch_gives_the_same_bytes(world: World) -> None:
    first = fill(world.job(), archive=None)
    shutil.rmtree(world.place.root)
    assert fill(world.job(), archive=None) == first


def test_everything_that_cannot_be_had_is_said_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.server.status = 503
    monkeypatch.setattr(golang.shutil, "which", lambda name: None)
    monkeypatch.setattr(golang, "USUAL", Path("/nonexistent"))
    with pytest.raises(Lacking) as caught:
        fill(world.job(), archive=None)
    text = str(caught.value).replace(world.server.url, "URL")
    assert text == (
        "tiny-1.0.0 for amd64: 3 of 3 files cannot be had; nothing was built\n"
        "  fetched: URL/fetched-amd64: 503 Service Unavailable; there is no Go module to build it from\n"
        "  tiny: nobody releases it; Go: it is not installed\n"
        "  tool: URL/debian/pool/main/t/tool/tool_1-1_amd64.deb: 503 Service Unavailable; "
        "URL/debian/pool/main/t/tool/tool_1-1_amd64.deb: 503 Service Unavailable"
    )
    assert caught.value.exit_code == 3


def test_a_release_without_a_known_digest_is_refused(world: World) -> None:
    path = world.home / "catalog" / "artifacts" / "tiny-1.0.0.yaml"
    path.write_text(tiny.table(release=None))
    with pytest.raises(
        Lacking, match=r"release refused: the table has no digest of https://releases.example.com"
    ):
        fill(world.job(), archive=None)
    assert "/fetched-amd64@0" not in world.server.requests


def test_a_wrong_release_is_never_passed_over(world: World) -> None:
    world.server.files["/fetched-amd64"] = b"something else"
    with pytest.raises(WrongDigest):
        fill(world.job(), archive=None)
    assert not world.folder.exists()


def test_a_program_that_tells_another_version_is_refused(world: World) -> None:
    path = world.home / "catalog" / "artifacts" / "tiny-1.0.0.yaml"
    path.write_text(path.read_text().replace("text: tiny 1.0.0", "text: tiny 9"))
    with pytest.raises(WorldRefused, match=r"tiny: ask for its version: 'tiny 1.0.0', expected 'tiny 9'"):
        fill(world.job(), archive=None)


def test_a_filling_that_fails_leaves_the_one_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fill(world.job(), archive=None)

    def broken(*args: object) -> None:
        raise WorldRefused("depot", "unpack tool", "broken")

    monkeypatch.setattr("rackwright.depot.images.deb.entries", broken)
    with pytest.raises(WorldRefused):
        fill(world.job(), archive=None)
    assert load(world.folder) == before
    assert [path.name for path in world.place.root.iterdir() if path.name.startswith(".tiny")] == []


def test_what_was_edited_in_place_is_made_again(world: World) -> None:
    first = fill(world.job(), archive=None)
    for name in ("files/tiny", "files/fetched", "packages/tool.deb"):
        (world.folder / name).write_bytes(b"edited, in the store too: it is the same file")
    assert len(check(world.folder, world.job().table, "amd64")) == 3
    assert fill(world.job(), archive=None) == first
    assert check(world.folder, world.job().table, "amd64") == []


def test_one_file_goes_to_the_cache_only(world: World) -> None:
    record = fill(world.job(), archive=None, only=["other"])
    assert [held.name for held in record.files] == ["other"]
    assert not world.folder.exists()


@pytest.mark.parametrize("form", ["tar", "folder"])
def test_an_archive_gives_the_same_depot_and_asks_nobody(world: World, tmp_path: Path, form: str) -> None:
    first = fill(world.job(), archive=None)
    target = tmp_path / "depot.tar"
    assert pack(world.folder, target) == digest(target) == pack(world.folder, tmp_path / "again.tar")
    source = target if form == "tar" else shutil.copytree(world.folder, tmp_path / "copy")
    shutil.rmtree(world.place.root)
    world.server.requests.clear()
    assert fill(world.job(), archive=Archive(source)) == first
    assert world.server.requests == []
    assert check(world.folder, world.job().table, "amd64") == []


def test_an_archive_that_was_changed_is_refused(world: World, tmp_path: Path) -> None:
    fill(world.job(), archive=None)
    copy = shutil.copytree(world.folder, tmp_path / "copy")
    (copy / "files" / "tiny").unlink()
    (copy / "files" / "tiny").write_bytes(b"malice")
    shutil.rmtree(world.place.root)
    with pytest.raises(WrongDigest, match=r"copy: files/tiny: sha256 is .*; not used"):
        fill(world.job(), archive=Archive(copy))


def test_an_archive_whose_record_was_changed_too_is_refused_where_the_table_knows_better(
    world: World, tmp_path: Path
) -> None:
    fill(world.job(), archive=None)
    copy = shutil.copytree(world.folder, tmp_path / "copy")
    record = json.loads((copy / "depot.json").read_text())
    for row in record["files"]:
        row["sha256"] = "0" * 64
    (copy / "depot.json").unlink()
    (copy / "depot.json").write_text(json.dumps(record))
    with pytest.raises(Lacking) as caught:
        fill(world.job(), archive=Archive(copy))
    assert sorted(caught.value.reasons) == ["fetched", "tool"]


def test_an_archive_of_another_version(world: World, tmp_path: Path) -> None:
    fill(world.job(), archive=None)
    copy = shutil.copytree(world.folder, tmp_path / "copy")
    path = world.home / "catalog" / "artifacts" / "tiny-1.0.0.yaml"
    path.write_text(path.read_text().replace("version: 1.0.0\nsource", "version: 1.0.1\nsource", 1))
    with pytest.raises(
        WorldRefused, match=r"it is for tiny-1\.0\.0 1\.0\.0 amd64; expected tiny-1\.0\.0 1\.0\.1"
    ):
        fill(world.job(), archive=Archive(copy))


def test_a_file_that_is_no_archive(world: World, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no tar")
    with pytest.raises(WorldRefused, match="read the archive"):
        fill(world.job(), archive=Archive(tmp_path / "x"))
