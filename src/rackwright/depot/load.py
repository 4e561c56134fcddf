"""A table's name to a table that holds, every mistake at once with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from rackwright.depot.table import ChartRow, FileRow, ImageRow, Table
from rackwright.errors import BadInput
from rackwright.load.explain import explain
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document, limited, open_document
from rackwright.paths import home

SECTIONS = ("modules", "releases", "files", "packages", "charts", "images")


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
    for name, chart in table.charts.items():
        _chart(doc, name, chart)
    for name, module in table.modules.items():
        if not (module_folder(path.parent / "go", module.folder) / "go.mod").is_file():
            doc.say(("modules", name, "folder"), "a folder of catalog/artifacts/go with go.mod")
    for name in sorted({*table.files} & {*table.packages}):
        doc.say(("packages", name), "a name that no file has", found=f"row {name}", at_key=True)
    for name in sorted({*table.copied} & {*table.files, *table.packages}):
        doc.say(("images", name), "a name that no file and no package has", found=f"row {name}", at_key=True)
    if table.charts and table.helm is None:
        doc.say((), "a key helm beside charts: the table that has the program", found="none")
    if table.helm is not None and not (path.parent / f"{table.helm}.yaml").is_file():
        doc.say(("helm",), "a file of catalog/artifacts/")
    if table.packages and table.snapshot is None:
        doc.say((), "a key snapshot beside packages", found="none")
    doc.check()
    return table


def module_folder(top: Path, folder: str) -> Path:
    """Where a module's go.mod lies: a name is below ``top``, a path below this tree."""
    return home() / folder if "/" in folder else top / folder


def _chart(doc: Document, name: str, chart: ChartRow) -> None:
    at = ("charts", name)
    if (chart.url is None) == (chart.folder is None):
        doc.say(at, "url or folder", found="both" if chart.url else "neither", at_key=True)
    if chart.folder is not None and not (home() / chart.folder / "Chart.yaml").is_file():
        doc.say((*at, "folder"), "a folder of this tree with Chart.yaml")
    if chart.sha256 is not None and chart.url is None:
        doc.say((*at, "sha256"), "a digest beside a url only", found="one", at_key=True)


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
    if image.copied is not None and (image.files or image.packages or image.entrypoint):
        doc.say(at, "copied, or files with an entry point", found="both", at_key=True)
    if image.copied is None and not (image.files and image.entrypoint):
        doc.say(at, "copied, or files with an entry point", found="neither", at_key=True)
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
