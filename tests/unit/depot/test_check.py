"""``depot verify``: each thing that can be wrong with a depot is found, and all of them at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tests.unit.depot.conftest import World, needs_go

from rackwright.cli.app import main
from rackwright.depot.check import check
from rackwright.depot.fill import fill
from rackwright.depot.sbom import document
from rackwright.depot.storage import ROOT

pytestmark = needs_go
LAYER = "application/vnd.oci.image.layer.v1.tar"


def edit(path: Path, content: bytes) -> None:
    """Write it anew: other names of the file keep what they have."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def blobs(folder: Path, image: int) -> dict[str, Path]:
    """An image's blobs by media type."""
    index = json.loads((folder / "oci/index.json").read_text())
    manifest = index["manifests"][image]
    inner = json.loads((folder / "oci/blobs/sha256" / manifest["digest"][7:]).read_text())
    rows = [manifest, inner["config"], *inner["layers"]]
    return {row["mediaType"]: folder / "oci/blobs/sha256" / row["digest"][7:] for row in rows}


def no_row(folder: Path) -> None:
    record = json.loads((folder / "depot.json").read_text())
    record["files"] = [row for row in record["files"] if row["name"] != "tiny"]
    edit(folder / "depot.json", json.dumps(record).encode())


def other_version(folder: Path) -> None:
    text = (folder / "depot.json").read_text()
    edit(folder / "depot.json", text.replace('"version": "2.0.0"', '"version": "1.9.0"').encode())


def strange_image(folder: Path) -> None:
    index = json.loads((folder / "oci/index.json").read_text())
    row = json.loads(json.dumps(index["manifests"][0]))
    row["annotations"]["org.opencontainers.image.ref.name"] = "registry.example.com/strange:v1"
    index["manifests"].append(row)
    edit(folder / "oci/index.json", json.dumps(index).encode())


TAG = f"registry/{ROOT}/repositories/registry.example.com/tiny/_manifests/tags/1.0.0/current/link"
FAULTS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "a file is gone": (lambda folder: (folder / "files/tiny").unlink(), ["files/tiny file: found nothing"]),
    "a file has changed": (
        lambda folder: edit(folder / "files/fetched", b"x"),
        ["files/fetched digest: found 2d711642"],
    ),
    "a package has changed": (
        lambda folder: edit(folder / "packages/tool.deb", b"x"),
        ["packages/tool.deb digest"],
    ),
    "a stranger": (
        lambda folder: edit(folder / "files/miner", b"x"),
        ["files/miner file: found a file, expected none"],
    ),
    "a row is missing": (
        no_row,
        ["files/tiny file: found a file, expected none", "tiny file: found nothing"],
    ),
    "another version": (other_version, ["fetched version: found 1.9.0, expected 2.0.0"]),
    "a layer is gone": (
        lambda folder: blobs(folder, 1)[LAYER].unlink(),
        ["oci registry.example.com/tiny:1.0.0 blob: found nothing, expected sha256:"],
    ),
    "a layer has changed": (
        lambda folder: edit(blobs(folder, 0)[LAYER], b"x"),
        ["oci registry.example.com/a/both:v1 blob: found sha256:2d711642"],
    ),
    "an image that nobody names": (
        strange_image,
        ["oci registry.example.com/strange:v1 image: found in the index"],
    ),
    "no index": (
        lambda folder: (folder / "oci/index.json").unlink(),
        ["oci registry.example.com/a/both:v1 index: found None", "oci registry.example.com/tiny:1.0.0 index"],
    ),
    "a tag leads elsewhere": (
        lambda folder: edit(folder / TAG, b"sha256:0"),
        [f"{TAG.replace('registry/', 'registry ', 1)} link: found sha256:0, expected sha256:"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(world: World, fault: str) -> None:
    fill(world.job(), archive=None)
    plant, expected = FAULTS[fault]
    plant(world.folder)
    found = [str(one) for one in check(world.folder, world.job().table, "amd64")]
    assert len(found) == len(expected), found
    for text, begin in zip(found, expected, strict=True):
        assert text.startswith(begin), found


def test_all_faults_at_once_and_nothing_built(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    [nothing] = check(world.folder, world.job().table, "amd64")
    assert "found nothing, expected a filled depot; run rackwright depot build" in str(nothing)
    fill(world.job(), archive=None)
    for fault in ("a file is gone", "a layer is gone", "a stranger"):
        FAULTS[fault][0](world.folder)
    with pytest.raises(SystemExit) as ended:
        main(["depot", "verify", "tiny-1.0.0", "--arch", "amd64"])
    assert ended.value.code == 1
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_the_command_line(world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fill(world.job(), archive=None)
    for words in (["verify"], ["list"], ["list", "--json"], ["verify", "--sbom", str(tmp_path / "bom.json")]):
        with pytest.raises(SystemExit) as ended:
            main(["depot", *words, *(["tiny-1.0.0"] if "--sbom" in words else []), "--arch", "amd64"])
        assert ended.value.code in (0, None)
    out = capsys.readouterr().out
    assert "OK: tiny-1.0.0 amd64: 3 files, 2 images" in out
    assert re.search(r"^other +file +1\.0\.0 +optional +- +MIT ", out, re.MULTILINE)
    assert json.loads((tmp_path / "bom.json").read_text())["specVersion"] == "1.6"


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["verify", "tinny-1.0.0"], 2, "nor a lock or a table: did you mean tiny-1.0.0?"),
        (["build", "tiny-1.0.0", "--arch", "arm64"], 3, "tool: refused: the table has no digest for arm64"),
        (["build", "tiny-1.0.0", "--only", "tinny"], 2, "has no file tinny; did you mean tiny?"),
        (["build", "tiny-1.0.0", "--archive", "/nonexistent"], 2, "no archive /nonexistent"),
        (["list", "tiny-1.0.0", "--arch", "s390x"], 2, "no artifacts for 's390x'; there are amd64, arm64"),
        (["serve", "tiny-1.0.0", "--arch", "amd64"], 3, "no filled depot; run rackwright depot build first"),
    ],
)
def test_refusals_have_their_exit_codes(
    world: World, capsys: pytest.CaptureFixture[str], words: list[str], code: int, text: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["depot", *words])
    assert ended.value.code == code
    assert text in capsys.readouterr().err


def test_the_bill_of_materials(world: World) -> None:
    record = fill(world.job(), archive=None)
    text = document(world.folder, record)
    assert text == document(world.folder, record)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bom = json.loads(text)
    by_ref = {row["bom-ref"]: row for row in bom["components"]}
    assert set(by_ref) >= {
        "file:fetched",
        "file:tiny",
        "package:tool",
        "image:registry.example.com/tiny:1.0.0",
    }
    assert any(ref.startswith("go:stdlib@go1.") for ref in by_ref)
    for held in record.files:
        row = by_ref[f"{held.kind}:{held.name}"]
        assert row["hashes"] == [{"alg": "SHA-256", "content": held.sha256}]
        assert row["licenses"]
        assert row["externalReferences"]
    depends = {row["ref"]: row.get("dependsOn", []) for row in bom["dependencies"]}
    assert depends["image:registry.example.com/a/both:v1"] == ["file:fetched", "file:tiny", "package:tool"]
