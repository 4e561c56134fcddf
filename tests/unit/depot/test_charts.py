"""Charts and publishers' images by digest, from servers that give the right thing, or the wrong one."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from rich.console import Console
from tests.unit.depot.tls import Registry, sha

from rackwright.depot.archive import Archive, pack
from rackwright.depot.check import check
from rackwright.depot.fill import fill
from rackwright.depot.load import load_table
from rackwright.depot.place import Place
from rackwright.depot.record import Record
from rackwright.depot.sbom import document
from rackwright.depot.sources import Job
from rackwright.depot.tell import Tell
from rackwright.engine.download import WrongDigest
from rackwright.errors import Lacking


@lru_cache  # gzip writes the time down
def archive(version: str = "1.0.0") -> bytes:
    """A chart as Helm packs it."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, text in (
            ("c/Chart.yaml", f"name: c\nversion: {version}\n"),
            ("c/templates/a.yaml", "kind: A\n"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return raw.getvalue()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    one = Registry(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(one.certificate))
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield one
    one.close()


class World:
    """A catalog whose one table is written by the test."""

    def __init__(self, folder: Path) -> None:
        self.home, self.place = folder / "home", Place(folder / "depot")
        self.artifacts = self.home / "catalog" / "artifacts"
        self.artifacts.mkdir(parents=True)
        (self.artifacts / "helm.yaml").write_text("version: 1.0.0\nsource: https://example.com/\n")

    def table(self, **sections: object) -> Job:
        text = {"version": "1.0.0", "source": "https://example.com/", "helm": "helm", **sections}
        (self.artifacts / "driver.yaml").write_text(json.dumps(text))
        load_table.cache_clear()
        return Job(self.place, "driver", load_table("driver"), "amd64", Tell(Console(file=io.StringIO())))

    @property
    def folder(self) -> Path:
        return self.place.filled("driver", "amd64")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("RACKWRIGHT_HOME", str(tmp_path / "home"))
    yield World(tmp_path)
    load_table.cache_clear()


def chart(url: str | None = None, sha256: str | None = None, **more: str) -> dict[str, object]:
    row = {"version": "1.0.0", "licence": "MIT", "source": "https://example.com/", **more}
    return {"driver": {**row, **({"url": url} if url else {}), **({"sha256": sha256} if sha256 else {})}}


def image(name: str, sha256: str | None) -> dict[str, object]:
    pin = {"licence": "MIT", "source": "https://example.com/", **({"sha256": sha256} if sha256 else {})}
    return {"plugin": {"name": name, "copied": pin}}


@pytest.mark.parametrize("guarded", [False, True])
def test_a_chart_from_a_registry_by_its_manifests_digest(
    world: World, registry: Registry, guarded: bool
) -> None:
    pinned = registry.chart("a/charts/driver", archive())
    registry.guarded = guarded
    job = world.table(charts=chart(f"oci://{registry.host}/a/charts/driver", pinned))
    record = fill(job, archive=None)
    assert [(held.kind, held.sha256) for held in record.files] == [("chart", sha(archive()))]
    assert (world.folder / "charts/driver.tgz").read_bytes() == archive()
    assert check(world.folder, job.table, "amd64") == []
    before = len(registry.asked)
    shutil.rmtree(world.folder)
    assert fill(job, archive=None) == record
    assert len([path for path, _ in registry.asked[before:] if "/blobs/" in path]) == 0


def test_a_chart_from_a_web_server_by_its_own_digest(world: World, registry: Registry) -> None:
    registry.content["/driver-1.0.0.tgz"] = archive()
    job = world.table(charts=chart(f"https://{registry.host}/driver-1.0.0.tgz", sha(archive())))
    assert fill(job, archive=None).files[0].origin == "release"
    assert check(world.folder, job.table, "amd64") == []


def test_a_wrong_manifest_is_refused(world: World, registry: Registry) -> None:
    pinned = registry.chart("a/charts/driver", archive())
    path = f"/v2/a/charts/driver/manifests/sha256:{pinned}"
    registry.content[path] = registry.content[path].replace(b"layers", b"layerz")
    with pytest.raises(WrongDigest, match=r"sha256 is .*; not used"):
        fill(world.table(charts=chart(f"oci://{registry.host}/a/charts/driver", pinned)), archive=None)
    assert not world.folder.exists()


def test_a_wrong_blob_is_refused(world: World, registry: Registry) -> None:
    pinned = registry.chart("a/charts/driver", archive())
    registry.content[f"/v2/a/charts/driver/blobs/sha256:{sha(archive())}"] = archive("6.6.6")
    with pytest.raises(WrongDigest):
        fill(world.table(charts=chart(f"oci://{registry.host}/a/charts/driver", pinned)), archive=None)


def test_a_wrong_archive_is_refused(world: World, registry: Registry) -> None:
    registry.content["/driver-1.0.0.tgz"] = archive("6.6.6")
    job = world.table(charts=chart(f"https://{registry.host}/driver-1.0.0.tgz", sha(archive())))
    with pytest.raises(WrongDigest, match="expected"):
        fill(job, archive=None)


def test_a_chart_of_another_version_is_refused(world: World, registry: Registry) -> None:
    pinned = registry.chart("a/driver", archive("2.0.0"))
    with pytest.raises(WrongDigest, match=r"found a chart of version 2.0.0, expected 1.0.0"):
        fill(world.table(charts=chart(f"oci://{registry.host}/a/driver", pinned)), archive=None)


def test_a_registry_that_wants_an_account_is_said(world: World, registry: Registry) -> None:
    pinned = registry.chart("a/driver", archive())
    registry.guarded = registry.account = True
    with pytest.raises(Lacking, match="gives no token to anybody"):
        fill(world.table(charts=chart(f"oci://{registry.host}/a/driver", pinned)), archive=None)


def test_what_has_no_digest_is_refused_and_nobody_asked(world: World, registry: Registry) -> None:
    name = f"{registry.host}/a/plugin:v1.0.0"
    job = world.table(
        charts=chart(f"oci://{registry.host}/a/driver"), images=image("reg.example.com/a/plugin:v1", None)
    )
    with pytest.raises(Lacking) as caught:
        fill(job, archive=None)
    assert caught.value.reasons == {
        "chart driver": f"chart refused: the table has no digest of oci://{registry.host}/a/driver",
        "image plugin": "image refused: the table has no digest of reg.example.com/a/plugin:v1",
    }
    assert registry.asked == [], name


def test_a_token_goes_to_its_own_host_only(world: World, registry: Registry) -> None:
    pinned = registry.chart("a/driver", archive())
    registry.guarded = True
    fill(world.table(charts=chart(f"oci://{registry.host}/a/driver", pinned)), archive=None)
    assert {said for path, said in registry.asked if path == "/token"} == {None}


# -- images -------------------------------------------------------------------------------------------


def filled(world: World, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> tuple[Job, Record]:
    """A depot with a publisher's image, whose registry's name leads to the server."""
    pinned = registry.image("a/plugin", gzip.compress(b"a layer"))
    monkeypatch.setattr(
        "rackwright.depot.pull.Remote.url",
        lambda self, kind, sha256: f"https://{registry.host}/v2/a/plugin/{kind}/sha256:{sha256}",
    )
    job = world.table(images=image("reg.example.com/a/plugin:v1.0.0", pinned))
    return job, fill(job, archive=None)


def test_an_image_is_copied_whole(world: World, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    job, record = filled(world, registry, monkeypatch)
    [made] = record.images
    assert made.name == "reg.example.com/a/plugin:v1.0.0"
    served = (
        world.folder
        / "registry/docker/registry/v2/blobs/sha256"
        / made.digest[7:9]
        / made.digest[7:]
        / "data"
    )
    assert sha(served.read_bytes()) == made.digest.removeprefix("sha256:")
    assert check(world.folder, job.table, "amd64") == []
    bom = json.loads(document(world.folder, record))
    assert {each["name"] for each in bom["components"]} >= {"plugin", "reg.example.com/a/plugin"}


def test_an_image_for_other_processors_is_refused(
    world: World, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = registry.image("a/plugin", b"x", arch="s390x")
    monkeypatch.setattr(
        "rackwright.depot.pull.Remote.url",
        lambda self, kind, sha256: f"https://{registry.host}/v2/a/plugin/{kind}/sha256:{sha256}",
    )
    with pytest.raises(WrongDigest, match="its index has no linux/amd64"):
        fill(world.table(images=image("reg.example.com/a/plugin:v1", pinned)), archive=None)


def test_an_image_that_was_changed_is_found(
    world: World, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, record = filled(world, registry, monkeypatch)
    blob = next((world.folder / "oci/blobs/sha256").glob(record.images[0].digest.removeprefix("sha256:")))
    blob.write_bytes(b"changed")
    assert [one.where for one in check(world.folder, job.table, "amd64")][:1] == [
        "oci reg.example.com/a/plugin:v1.0.0"
    ]


def test_an_archive_has_charts_and_images_too(
    world: World, registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    job, record = filled(world, registry, monkeypatch)
    pack(world.folder, tmp_path / "depot.tar")
    shutil.rmtree(world.place.root)
    registry.asked.clear()
    assert fill(job, archive=Archive(tmp_path / "depot.tar")) == record
    assert registry.asked == []
    other = world.table(images=image("reg.example.com/a/plugin:v1.0.0", "0" * 64))
    assert [one.where for one in check(world.folder, other.table, "amd64")] == ["plugin"]
    with pytest.raises(Lacking, match="which the table does not pin"):
        fill(other, archive=Archive(tmp_path / "depot.tar"))


# -- folders ------------------------------------------------------------------------------------------


def test_a_folder_of_this_tree_is_packed_to_the_same_bytes(world: World, tmp_path: Path) -> None:
    folder = world.home / "charts/mine"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("name: mine\nversion: 1.0.0\n")
    (folder / "templates/a.yaml").write_text("kind: A\n")
    job = world.table(charts=chart(folder="charts/mine"))
    first = fill(job, archive=None)
    with tarfile.open(world.folder / "charts/driver.tgz") as tar:
        assert tar.getnames() == ["mine/Chart.yaml", "mine/templates/a.yaml"]
    shutil.rmtree(world.place.root)
    assert fill(job, archive=None) == first
    assert first.files[0].origin == "tree"
    pack(world.folder, tmp_path / "depot.tar")
    (folder / "templates/a.yaml").write_text("kind: B\n")
    with pytest.raises(Lacking, match="this tree"):
        fill(job, archive=Archive(tmp_path / "depot.tar"))
    assert fill(job, archive=None).files[0].sha256 != first.files[0].sha256
