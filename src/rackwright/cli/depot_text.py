"""What ``rackwright depot list`` says of each artifact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rackwright.depot.record import Held, Record
from rackwright.depot.table import Arch, Table


@dataclass(frozen=True, slots=True)
class Row:
    """One artifact, as a table names it and as it is here."""

    name: str
    kind: str
    """``file``, ``package``, ``chart`` or ``image``."""
    version: str
    licence: str
    source: str
    release: str | None
    """Official address."""
    release_sha256: str | None
    """The publisher's digest of the release; None: not known, and the release is refused."""
    go: str | None
    """Package that it can be built from."""
    sha256: str | None
    """Of the file, or of the image's manifest, that is here; None: it is not."""
    origin: str | None
    """``release`` or ``go``; None: it is not here."""
    optional: bool = False


def rows(table: Table, arch: Arch, record: Record | None) -> list[Row]:
    """Every artifact of a table, files first, by name."""
    here = {(held.kind, held.name): held for held in record.files} if record else {}
    images = {image.name: image for image in record.images} if record else {}
    made = []
    for name, file in table.files.items():
        held = here.get(("file", name))
        release = table.releases[file.release.source].url.replace("{arch}", arch) if file.release else None
        pinned = table.digest(file, arch)
        go = file.go.package if file.go else None
        made.append(
            Row(
                name,
                "file",
                file.version,
                file.licence,
                file.source,
                release,
                pinned,
                go,
                *_is(held),
                file.optional,
            )
        )
    for name, package in table.packages.items():
        path, pinned = package.path.replace("{arch}", arch), package.sha256.get(arch)
        held = here.get(("package", name))
        made.append(
            Row(
                name,
                "package",
                package.version,
                package.licence,
                package.source,
                path,
                pinned,
                None,
                *_is(held),
            )
        )
    for name, chart in table.charts.items():
        held = here.get(("chart", name))
        facts = ("chart", chart.version, chart.licence, chart.source, chart.url, chart.sha256)
        made.append(Row(name, *facts, None, *_is(held)))
    for key, row in table.images.items():
        image = images.get(row.name)
        if row.copied:
            at = row.name.rsplit(":", 1)
            facts = ("image", at[1], row.copied.licence, row.copied.source, row.name, row.copied.sha256)
            origin = _is(here.get(("image", key)))[1]
            made.append(Row(at[0], *facts, None, image.digest if image else None, origin))
            continue
        licence = image.licence if image else ""
        name, version = row.name.rsplit(":", 1)
        made.append(
            Row(
                name,
                "image",
                version,
                licence,
                table.source,
                None,
                None,
                None,
                image.digest if image else None,
                None,
            )
        )
    return made


def _is(held: Held | None) -> tuple[str | None, str | None]:
    return (held.sha256, held.origin) if held else (None, None)


def table(listed: Sequence[Row]) -> Iterator[str]:
    """Lines in columns, then what is refused and why."""
    head = ("name", "kind", "version", "here", "sha256", "licence", "source")
    cells = [head, *(_cells(row) for row in listed)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    for line in cells:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
    refused = [row.name for row in listed if row.release and row.release_sha256 is None]
    if refused:
        yield ""
        yield f"no digest of the official release is known, and it is refused: {', '.join(refused)}"


def _cells(row: Row) -> tuple[str, ...]:
    state = row.origin or ("made here" if row.sha256 else "optional" if row.optional else "-")
    short = (row.sha256 or "-").removeprefix("sha256:")[:12]
    return row.name, row.kind, row.version, state, short, row.licence or "of its parts", row.source
