"""Prove a filled depot: every file that the table names with its digest, every image whole, and nothing
else in it.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from rackwright.depot import charts, copied, storage
from rackwright.depot.oci import LAYER, NAME
from rackwright.depot.record import FILE, Held, HeldImage, Record, load
from rackwright.depot.table import Arch, Table
from rackwright.engine.download import digest
from rackwright.models.finding import Finding

AGAIN = "run rackwright depot build again"
STRANGE = "nothing is served that the table does not name"
INSIDE = ("files", "packages", "charts", "images")
"""Folders in which every file is one of the record."""


def check(folder: Path, table: Table, arch: Arch) -> list[Finding]:
    """Everything that is wrong with a depot, in order; empty: it is whole.

    :raises WorldRefused: its record cannot be read.
    """
    record = load(folder)
    if record is None:
        return [Finding(str(folder), FILE, "nothing", "a filled depot", "run rackwright depot build")]
    found = [*_rows(record, table, arch), *_files(folder, record), *_strangers(folder, record)]
    index = _index(folder / "oci")
    for image in record.images:
        found += _image(folder, record, image, index.pop(image.name, None))
    found += [Finding(f"oci {name}", "image", "in the index", "not in it", STRANGE) for name in index]
    return sorted(found)


def _rows(record: Record, table: Table, arch: Arch) -> Iterator[Finding]:
    """The record against the table."""
    if record.version != table.version:
        yield Finding(FILE, "version", record.version, table.version, AGAIN)
    held = {(each.kind, each.name): each for each in record.files}
    wanted = {("file", name): row.version for name, row in table.files.items() if not row.optional}
    wanted |= {("package", name): row.version for name, row in table.packages.items()}
    wanted |= {("chart", name): row.version for name, row in table.charts.items()}
    wanted |= {("image", name): copied.version(image) for name, (image, _) in table.copied.items()}
    for key, version in wanted.items():
        if key not in held:
            yield Finding(key[1], "file", "nothing", version, AGAIN)
        elif held[key].version != version:
            yield Finding(key[1], "version", held[key].version, version, AGAIN)
    for key in held.keys() - wanted.keys():
        yield Finding(key[1], "file", "in the record", "a row of the table", STRANGE)
    for name, row in table.packages.items():
        each = held.get(("package", name))
        if each is not None and each.sha256 != row.sha256.get(arch):
            yield Finding(name, "digest", each.sha256, f"{row.sha256.get(arch)} of the table", AGAIN)
    for name, file in table.files.items():
        each = held.get(("file", name))
        pinned = table.pinned(file, arch, each.origin) if each else None
        if each and pinned and each.sha256 != pinned:
            yield Finding(name, "digest", each.sha256, f"{pinned} of the table", AGAIN)
    yield from _pins(held, table)
    names = {image.name for image in record.images}
    for image in table.images.values():
        if image.name not in names:
            yield Finding(image.name, "image", "nothing", "an image", AGAIN)


def _pins(held: Mapping[tuple[str, str], Held], table: Table) -> Iterator[Finding]:
    """Charts and publishers' images: from what the table pins."""
    for name, chart in table.charts.items():
        each = held.get(("chart", name))
        if each is not None and not charts.pinned(chart, each):
            yield Finding(name, "chart", each.of, f"sha256:{chart.sha256} of the table", AGAIN)
    for name, (image, pin) in table.copied.items():
        each = held.get(("image", name))
        if each is not None and not copied.pinned(image, pin, each):
            yield Finding(name, "image", each.of, f"sha256:{pin.sha256} of the table", AGAIN)


def _files(folder: Path, record: Record) -> Iterator[Finding]:
    for held in record.files:
        path = folder / held.path
        if not path.is_file():
            yield Finding(held.path, "file", "nothing", f"{held.size} bytes", AGAIN)
        elif (found := digest(path)) != held.sha256:
            yield Finding(held.path, "digest", found, held.sha256, AGAIN)


def _strangers(folder: Path, record: Record) -> Iterator[Finding]:
    known = {held.path for held in record.files}
    for name in INSIDE:
        for path in sorted((folder / name).glob("*")):
            if f"{name}/{path.name}" not in known:
                yield Finding(f"{name}/{path.name}", "file", "a file", "none", STRANGE)


def _index(layout: Path) -> dict[str, dict[str, Any]]:
    """Rows of the index by the image's name; empty where it cannot be read."""
    try:
        rows = json.loads((layout / "index.json").read_text())["manifests"]
        return {row["annotations"][NAME]: row for row in rows}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _image(folder: Path, record: Record, image: HeldImage, row: dict[str, Any] | None) -> Iterator[Finding]:
    """An image from the index to the last byte of its layer, and what the registry serves of it."""
    if row is None or row.get("digest") != image.digest:
        yield Finding(f"oci {image.name}", "index", str(row and row.get("digest")), image.digest, AGAIN)
        return
    whole: list[str] = []
    manifest = yield from _blob(folder, image, image.digest, whole)
    if manifest is None:
        return
    document = json.loads(manifest.read_text())
    config = yield from _blob(folder, image, document["config"]["digest"], whole)
    layers = []
    for part in document["layers"]:
        layers.append((yield from _blob(folder, image, part["digest"], whole)))
    ours = all(part["mediaType"] == LAYER for part in document["layers"])  # a publisher's are compressed
    ids = json.loads(config.read_text())["rootfs"]["diff_ids"] if ours and config else None
    if ids is not None and ids != [part["digest"] for part in document["layers"]]:
        yield Finding(f"oci {image.name}", "layers", str(ids), "the layers of its manifest", AGAIN)
    if ours and all(layers):
        yield from _content(record, image, [layer for layer in layers if layer])
    yield from _served(folder / "registry", image, whole)


def _blob(
    folder: Path, image: HeldImage, name: str, whole: list[str]
) -> Generator[Finding, None, Path | None]:
    """The blob's path when it is right; its digest is noted in ``whole``."""
    path = folder / "oci" / "blobs" / "sha256" / name.removeprefix("sha256:")
    whole.append(name.removeprefix("sha256:"))
    if not path.is_file():
        yield Finding(f"oci {image.name}", "blob", "nothing", name, AGAIN)
        return None
    if (found := digest(path)) != name.removeprefix("sha256:"):
        yield Finding(f"oci {image.name}", "blob", f"sha256:{found}", name, AGAIN)
        return None
    return path


def _content(record: Record, image: HeldImage, layers: list[Path]) -> Iterator[Finding]:
    """The programs in the image are those of the record."""
    inside: set[str] = set()
    for layer in layers:
        with tarfile.open(layer) as tar:
            for entry in tar:
                source = tar.extractfile(entry) if entry.isfile() and entry.mode & 0o111 else None
                if source is not None:
                    inside.add(hashlib.file_digest(source, "sha256").hexdigest())  # type: ignore[arg-type]
    programs: dict[str, Held] = {held.name: held for held in record.files if held.kind == "file"}
    for part in image.parts:
        if part in programs and programs[part].sha256 not in inside:
            yield Finding(f"oci {image.name}", part, "another program", programs[part].sha256, AGAIN)


def _served(registry: Path, image: HeldImage, whole: list[str]) -> Iterator[Finding]:
    """What the registry program reads is the same."""
    manifest, *parts = whole
    for path, text in storage.links(image.name, manifest, parts).items():
        file = registry / path
        found = file.read_text() if file.is_file() else "nothing"
        if found != text:
            yield Finding(f"registry {path}", "link", found[:80], text, AGAIN)
    for sha256 in whole:
        file = storage.blob(registry, sha256)
        found = digest(file) if file.is_file() else "nothing"
        if found != sha256:
            yield Finding(f"registry {image.name}", "blob", found, sha256, AGAIN)
