"""Images: the same bytes anywhere, and what a reader of the OCI format expects."""

from __future__ import annotations

import json
import os
import tarfile
import time
from pathlib import Path

from tests.unit.depot import tiny

from rackwright.depot import deb, layer, oci, storage


def image(folder: Path) -> oci.Blob:
    layout = oci.Layout(folder)
    program = folder / "program"
    program.write_bytes(b"a program")
    entries = [
        layer.Entry("usr/local/bin/a", 0o755, program),
        layer.Entry("b", 0o777, link="usr/local/bin/a"),
    ]
    blob = layout.move(folder / "layer", layer.write(entries, folder / "layer"))
    manifest = layout.add(oci.Image("registry.example.com/a:v1", "amd64", ("/b",), "/bin", {"x": "y"}), blob)
    layout.finish()
    return manifest


def test_the_same_bytes_at_another_time_and_place(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first = image(tmp_path / "one")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    before = os.umask(0o077)
    try:
        assert image(tmp_path / "two") == first
    finally:
        os.umask(before)
        monkeypatch.undo()
        time.tzset()
    assert (tmp_path / "one/index.json").read_bytes() == (tmp_path / "two/index.json").read_bytes()
    # Golden: a change of this digest changes the digest of every image, for everybody.
    assert first.sha256 == "86b290c6f98690ce960d0260696aad65069283f8ee9dbb5f62ee8afe45792f76"


def test_a_manifest_names_its_blobs_and_the_index_its_manifest(tmp_path: Path) -> None:
    manifest = image(tmp_path)
    index = json.loads((tmp_path / "index.json").read_text())
    assert json.loads((tmp_path / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    [row] = index["manifests"]
    assert row["digest"] == f"sha256:{manifest.sha256}"
    assert row["annotations"] == {
        oci.NAME: "registry.example.com/a:v1",
        oci.CONTAINERD_NAME: "registry.example.com/a:v1",
    }
    document = json.loads((tmp_path / "blobs/sha256" / manifest.sha256).read_text())
    for part in (document["config"], *document["layers"]):
        path = tmp_path / "blobs/sha256" / part["digest"].removeprefix("sha256:")
        assert path.stat().st_size == part["size"]
    config = json.loads((tmp_path / "blobs/sha256" / document["config"]["digest"][7:]).read_text())
    assert config["rootfs"]["diff_ids"] == [document["layers"][0]["digest"]]
    assert config["config"]["Entrypoint"] == ["/b"]


def test_a_layer_has_its_folders_and_nobody_owns_it(tmp_path: Path) -> None:
    layer.write([layer.Entry("a/b/c", 0o755, b"x")], tmp_path / "layer")
    with tarfile.open(tmp_path / "layer") as tar:
        rows = [(one.name, one.type, one.mode, one.uid, one.mtime) for one in tar]
    assert rows == [
        ("a", tarfile.DIRTYPE, 0o755, 0, 0),
        ("a/b", tarfile.DIRTYPE, 0o755, 0, 0),
        ("a/b/c", tarfile.REGTYPE, 0o755, 0, 0),
    ]


def test_of_a_package_programs_libraries_and_its_licence(tmp_path: Path) -> None:
    (tmp_path / "tool.deb").write_bytes(tiny.deb())
    found = {entry.path: entry.link or entry.content for entry in deb.entries(tmp_path / "tool.deb")}
    assert found == {
        "usr/lib/x86_64-linux-gnu/libtool.so.1": "libtool.so.1.0",
        "usr/lib/x86_64-linux-gnu/libtool.so.1.0": b"a library",
        "usr/sbin/tool": b"a tool",
        "usr/share/doc/tool/copyright": b"MIT",
    }


def test_the_registry_has_links_to_the_layouts_blobs(tmp_path: Path) -> None:
    (tmp_path / "oci").mkdir()
    manifest = image(tmp_path / "oci")
    storage.lay_out(tmp_path / "oci", tmp_path / "registry")
    blob = storage.blob(tmp_path / "registry", manifest.sha256)
    assert blob.samefile(tmp_path / "oci/blobs/sha256" / manifest.sha256)
    tag = (
        tmp_path
        / "registry/docker/registry/v2/repositories/registry.example.com/a/_manifests/tags/v1/current/link"
    )
    assert tag.read_text() == f"sha256:{manifest.sha256}"
