"""A table's name to a table that holds, every mistake at once with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from rackwright.depot.table import FileRow, ImageRow, Table
from rackwright.errors import BadInput
from rackwright.load.explain import explain
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document, limited, open_document
from rackwright.paths import home

SECTIONS = ("modules", "releases", "files", "packages", "images")


def folder() -> Path:
    """Where tables lie."""
    return home() / "catalog" / "artifacts"


def names() -> list[str]:
    """Every table of the catalog."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


@lru_cache(maxsize=8)
def load_table(name: str) -> Table:
    """Read a table by name.

    :raises BadInput: it is missing or wrong.
    """
    return read_table(folder() / f"{name}.yaml")


def read_table(path: Path) -> Table:
    """Read a table by its file.

    :raises BadInput: every mistake at once.
    """
    doc = open_document(path, nulls=True)
    try:
        table = Table.model_validate(doc.data)
    except ValidationError as error:
        explain(doc, error, Table)
        raise BadInput(limited(doc.problems)) from None
    for section in SECTIONS:
        rows = list((doc.data.get(section) or {}).keys())
        if rows != sorted(rows):
            doc.say((section,), "rows sorted by name", found="another order")
    for name, file in table.files.items():
        _file(doc, table, name, file)
    for name, image in table.images.items():
        _image(doc, table, name, image)
    for name, module in table.modules.items():
        if not (path.parent / "go" / module.folder / "go.mod").is_file():
            doc.say(("modules", name, "folder"), "a folder of catalog/artifacts/go with go.mod")
    for name in sorted({*table.files} & {*table.packages}):
        doc.say(("packages", name), "a name that no file has", found=f"row {name}", at_key=True)
    if table.packages and table.snapshot is None:
        doc.say((), "a key snapshot beside packages", found="none")
    doc.check()
    return table


def _file(doc: Document, table: Table, name: str, file: FileRow) -> None:
    at = ("files", name)
    if file.release is None and file.go is None:
        doc.say(at, "release, go, or both", found="neither", at_key=True)
    if file.release is not None:
        _known(doc, (*at, "release", "from"), file.release.source, "releases", table.releases)
    if file.go is not None:
        _known(doc, (*at, "go", "module"), file.go.module, "modules", table.modules)


def _image(doc: Document, table: Table, name: str, image: ImageRow) -> None:
    at = ("images", name)
    for file in image.files:
        _known(doc, (*at, "files", file), file, "files", table.files, at_key=True)
        if file in table.files and table.files[file].optional:
            doc.say((*at, "files", file), "a file that is always there", found="an optional one", at_key=True)
    for index, package in enumerate(image.packages):
        _known(doc, (*at, "packages", index), package, "packages", table.packages)
    if image.entrypoint and image.entrypoint[0] not in image.files.values():
        doc.say((*at, "entrypoint"), "a file of the image first", found=repr(image.entrypoint[0]))


def _known(
    doc: Document,
    at: tuple[str | int, ...],
    name: str,
    section: str,
    rows: Mapping[str, object] | Iterable[str],
    *,
    at_key: bool = False,
) -> None:
    if name not in rows:
        doc.say(at, f"a row of {section}", did_you_mean(name, rows), found=repr(name), at_key=at_key)
