"""``rackwright depot``: programs and images that a lock names, by digest, with licence and source."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from rackwright.atomic import write
from rackwright.cli.depot_text import rows, table
from rackwright.depot.check import check
from rackwright.depot.place import Place, here, this_arch
from rackwright.depot.record import Record, load
from rackwright.depot.table import Arch, Table
from rackwright.depot.which import earlier, table_of
from rackwright.errors import UsageError
from rackwright.load.nearest import did_you_mean

app = typer.Typer(
    no_args_is_help=True,
    help="Programs and container images that a lock names: build, verify, list, serve.",
    epilog="Example: rackwright depot build lab-h100-ubuntu2404-kubernetes",
)
_Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[LOCK|CLUSTER|TABLE]",
        help="Lock or cluster whose Kubernetes it is, or table of catalog/artifacts/; default: the only one.",
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_ArchOption = Annotated[
    str | None, typer.Option("--arch", help="amd64 or arm64; default: this machine's.", show_default=False)
]
_Sbom = Annotated[
    Path | None,
    typer.Option("--sbom", help="Write the bill of materials to this file (CycloneDX 1.6, JSON)."),
]


@app.command()
def build(
    name: _Name = None,
    archive: Annotated[
        Path | None,
        typer.Option(help="Take every file from this packed depot (tar or folder), and ask no network."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Bring this file into the cache only; may be given again. Puts no depot together."),
    ] = None,
    pack: Annotated[
        Path | None, typer.Option(help="Pack the depot into this file, for sites without a network.")
    ] = None,
    sbom: _Sbom = None,
    arch: _ArchOption = None,
    as_json: _Json = False,
) -> None:
    """Fill the depot: official releases by digest, else an archive, else built from Go modules.

    What is there already is not fetched or built again. A build that was cut short goes on where it stopped.

    Example: rackwright depot build lab-h100-ubuntu2404-kubernetes --sbom sbom.json
    """
    from rackwright.depot.archive import Archive
    from rackwright.depot.archive import pack as pack_depot
    from rackwright.depot.fill import fill
    from rackwright.depot.sources import Job
    from rackwright.depot.tell import Tell

    found, content = table_of(name)
    chosen, place = _arch(arch), here()
    known = {**content.files, **content.packages}
    if unknown := [word for word in only or () if word not in known]:
        raise UsageError(f"{found} has no file {unknown[0]}; {did_you_mean(unknown[0], known)}")
    if only and (pack or sbom):
        raise UsageError("--only puts no depot together: there is nothing for --pack or --sbom")
    source = Archive(archive) if archive else None
    with Tell() as tell:
        record = fill(Job(place, found, content, chosen, tell), archive=source, only=only or ())
    folder = place.filled(found, chosen)
    packed = pack_depot(folder, pack) if pack else None
    _write_sbom(folder, record, sbom)
    if as_json:
        more = {"folder": None if only else str(folder), "packed": packed}
        typer.echo(json.dumps({**asdict(record), **more}, indent=1))
        return
    size = sum(held.size for held in record.files)
    where = f"{place.root} (cache only)" if only else f"{folder}, {len(record.images)} images"
    typer.echo(f"{found} {chosen}: {len(record.files)} files, {size / 1e6:.0f} MB, in {where}")
    if packed:
        typer.echo(f"{packed}  {pack}")


@app.command()
def verify(name: _Name = None, sbom: _Sbom = None, arch: _ArchOption = None, as_json: _Json = False) -> None:
    """Prove the depot: every file's digest, every image to its last byte, and nothing that no row names.

    Exit 0: it is whole. Exit 1: it is not; everything that is wrong at once.

    Example: rackwright depot verify lab-h100-ubuntu2404-kubernetes
    """
    found, content, chosen, place = *table_of(name), _arch(arch), here()
    folder = place.filled(found, chosen)
    wrong = check(folder, content, chosen)
    record = load(folder)
    if not wrong and record:
        _write_sbom(folder, record, sbom)
    if as_json:
        answer = {"table": found, "arch": chosen, "ok": not wrong, "findings": [asdict(one) for one in wrong]}
        typer.echo(json.dumps(answer, indent=1))
    else:
        for one in wrong:
            typer.echo(str(one), err=True)
        if record and not wrong:
            typer.echo(f"OK: {found} {chosen}: {len(record.files)} files, {len(record.images)} images")
    if wrong:
        raise typer.Exit(1)


@app.command("list")
def show(name: _Name = None, sbom: _Sbom = None, arch: _ArchOption = None, as_json: _Json = False) -> None:
    """Everything that a lock names: version, digest, licence, where it is from, and whether it is here.

    Example: rackwright depot list lab-h100-ubuntu2404-kubernetes
    """
    found, content = table_of(name)
    chosen, place = _arch(arch), here()
    record = load(place.filled(found, chosen))
    if sbom and record is None:
        raise UsageError(
            f"nothing is built of {found} for {chosen}; rackwright depot build {found} --sbom {sbom}"
        )
    if record:
        _write_sbom(place.filled(found, chosen), record, sbom)
    listed = rows(content, chosen, record)
    if as_json:
        typer.echo(json.dumps(_answer(found, content, chosen, place, listed, record), indent=1))
        return
    for line in table(listed):
        typer.echo(line)


@app.command()
def serve(
    name: _Name = None,
    address: Annotated[str, typer.Option(help="host:port to listen on.")] = "127.0.0.1:8481",
    arch: _ArchOption = None,
) -> None:
    """Serve the depot's images with Debian's docker-registry, read-only, until it is ended.

    With a lock or a cluster the images of the locks that machines come from (previous) are served, too, where
    they are here: a node that is not at the new release yet pulls its own.

    Example: rackwright depot serve lab-h100-ubuntu2404-kubernetes --address 10.112.0.1:8481
    """
    from rackwright.depot.registry import serve as serve_images

    (found, _), chosen, place = table_of(name), _arch(arch), here()
    tables = [found, *(each for each in earlier(name) if load(place.filled(each, chosen)))]
    typer.echo(f"serving {', '.join(tables)} on http://{address}, read-only", err=True)
    serve_images([place.filled(each, chosen) for each in tables], address, place.root)


def _arch(word: str | None) -> Arch:
    if word is None:
        return this_arch()
    if word not in get_args(Arch):
        raise UsageError(f"no artifacts for {word!r}; there are {', '.join(get_args(Arch))}")
    return cast(Arch, word)


def _write_sbom(folder: Path, record: Record, target: Path | None) -> None:
    if target is not None:
        from rackwright.depot.sbom import document

        write(target, document(folder, record))


def _answer(
    found: str, content: Table, arch: Arch, place: Place, listed: list[Any], record: Record | None
) -> dict[str, Any]:
    return {
        "table": found,
        "version": content.version,
        "arch": arch,
        "folder": str(place.filled(found, arch)) if record else None,
        "rows": [asdict(row) for row in listed],
    }
