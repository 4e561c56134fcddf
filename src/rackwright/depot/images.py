"""Container images from the depot's programs and packages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rackwright.depot import copied, deb, layer, oci
from rackwright.depot.record import Held, HeldImage
from rackwright.depot.table import ImageRow, Table

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MERGED = ("bin", "lib", "lib64", "sbin")
"""Debian's names beside /usr: its programs name their loader by them."""


def build(folder: Path, table: Table, arch: str, held: Mapping[str, Held], said: str) -> list[HeldImage]:
    """Write every image of the table to ``folder/oci``.

    :param folder: the depot, in which the files and packages lie already.
    :param held: files, packages and publishers' images by name.
    :param said: the table's name, for the images' labels.
    :raises WorldRefused: a package cannot be unpacked.
    """
    layout = oci.Layout(folder / "oci")
    made = [
        copied.lay(layout, row.name, arch, held[name], folder / held[name].path)
        if row.copied
        else _image(layout, folder, name, row, arch, held, said)
        for name, row in sorted(table.images.items())
    ]
    layout.finish()
    return sorted(made)


def _image(
    layout: oci.Layout, folder: Path, name: str, row: ImageRow, arch: str, held: Mapping[str, Held], said: str
) -> HeldImage:
    parts = [held[part] for part in (*row.packages, *sorted(row.files))]
    entries: list[layer.Entry] = []
    if row.packages:
        entries += [layer.Entry(link, 0o777, link=f"usr/{link}") for link in MERGED]
    for package in row.packages:
        entries += deb.entries(folder / held[package].path)
    for file, where in row.files.items():
        entries.append(layer.Entry(where.lstrip("/"), 0o755, content=folder / held[file].path))
    fresh = folder / f".layer-{name}"
    try:
        blob = layout.move(fresh, layer.write(entries, fresh))
    finally:
        fresh.unlink(missing_ok=True)
    licence = _licence([part.licence for part in parts])
    labels = {
        "org.opencontainers.image.title": row.name.rsplit(":", 1)[0],
        "org.opencontainers.image.version": row.name.rsplit(":", 1)[1],
        "org.opencontainers.image.licenses": licence,
        "org.opencontainers.image.source": held[sorted(row.files)[0]].source,
        "org.opencontainers.image.description": f"put together by rackwright from {said}",
    }
    manifest = layout.add(oci.Image(row.name, arch, row.entrypoint, PATH, labels), blob)
    return HeldImage(
        row.name, f"sha256:{manifest.sha256}", blob.size, licence, tuple(part.name for part in parts)
    )


def _licence(expressions: list[str]) -> str:
    """One SPDX expression for all.

    >>> _licence(["MIT", "Apache-2.0 OR MIT", "MIT"])
    '(Apache-2.0 OR MIT) AND MIT'
    """
    each = {f"({one})" if " OR " in one else one for one in expressions}
    return " AND ".join(sorted(each))
