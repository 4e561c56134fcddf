"""``rackwright depot``: programs and images that a lock names, by digest, with licence and source."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from rackwright.atomic import write
from rackwright.cli.depot_text import Row, rows, table
from rackwright.depot.check import check
from rackwright.depot.load import load_table
from rackwright.depot.place import Place, here, this_arch
from rackwright.depot.record import Record, load
from rackwright.depot.table import Arch, Table
from rackwright.depot.which import Meant, earlier, meant_by, needed
from rackwright.errors import Lacking, UsageError, WorldRefused
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
        help="Lock or cluster whose Kubernetes it is, or table of catalog/artifacts/.",
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
    optional: Annotated[
        bool,
        typer.Option(
            "--optional",
            help="Of a cluster that may do without: exit 0, and one line, where files cannot be had.",
        ),
    ] = False,
    pack: Annotated[
        Path | None, typer.Option(help="Pack the depot into this file, for sites without a network.")
    ] = None,
    sbom: _Sbom = None,
    arch: _ArchOption = None,
    as_json: _Json = False,
) -> None:
    """Fill the depot: official releases by digest, else an archive, else built from Go modules.

    What is there already is not fetched or built again. A build that was cut short goes on where it stopped.
    For a cluster its charts are rendered with its values, too.

    Example: rackwright depot build lab-kubernetes
    """
    from rackwright.depot.archive import Archive
    from rackwright.depot.archive import pack as pack_depot
    from rackwright.depot.fill import fill
    from rackwright.depot.sources import Job
    from rackwright.depot.tell import Tell

    if optional and name is not None and not needed(name):
        typer.echo(f"depot: {name} needs no programs or images")
        return
    meant, place = meant_by(name), here()
    asked = _arch(arch) if arch else None
    tables = _chosen(meant, only or ())
    if len(tables) > 1 and (archive or pack or sbom):
        one = "--archive, --pack and --sbom are for one table"
        raise UsageError(f"{one}; name it: {', '.join(meant.tables)}")
    if only and (pack or sbom):
        raise UsageError("--only puts no depot together: there is nothing for --pack or --sbom")
    source = Archive(archive) if archive else None
    answer: list[dict[str, Any]] = []
    try:
        with Tell() as tell:
            for each in tables:
                chosen = meant.arch(each, asked)
                job = Job(place, each, load_table(each), chosen, tell)
                record = fill(job, archive=source, only=only or ())
                folder = place.filled(each, chosen)
                packed = pack_depot(folder, pack) if pack else None
                _write_sbom(folder, record, sbom)
                answer.append({**asdict(record), "folder": None if only else str(folder), "packed": packed})
                if not as_json:
                    _tell_built(record, place, folder, cache_only=bool(only))
                    if packed:
                        typer.echo(f"{packed}  {pack}")
        done = _render(place, meant, asked or this_arch()) if meant.cluster and not only else []
    except (Lacking, WorldRefused) as problem:  # never wrong bytes: those are no reason to go on
        if not optional:
            raise
        typer.echo(f"depot: not filled for {name}: {' '.join(str(problem).split())}")
        return
    if as_json:
        typer.echo(json.dumps({"tables": answer, "rendered": [str(path) for path in done]}, indent=1))
        return
    for path in done:
        typer.echo(f"rendered {path}")


def _chosen(meant: Meant, only: Sequence[str]) -> list[str]:
    """The tables to fill: all, or those that have the files asked for.

    :raises UsageError: none has one of them.
    """
    if not only:
        return list(meant.tables)
    known = {name: {**(each := load_table(name)).files, **each.packages} for name in meant.tables}
    for word in only:
        if not any(word in rows for rows in known.values()):
            every = [row for rows in known.values() for row in rows]
            raise UsageError(f"{' and '.join(known)} has no file {word}; {did_you_mean(word, every)}")
    return [name for name, rows in known.items() if set(only) & set(rows)]


def _tell_built(record: Record, place: Place, folder: Path, *, cache_only: bool) -> None:
    size = sum(held.size for held in record.files)
    where = f"{place.root} (cache only)" if cache_only else f"{folder}, {len(record.images)} images"
    typer.echo(f"{record.table} {record.arch}: {len(record.files)} files, {size / 1e6:.0f} MB, in {where}")


def _render(place: Place, meant: Meant, arch: Arch) -> list[Path]:
    """Render the cluster's charts.

    :raises Lacking: a chart is in no table.
    """
    from rackwright.depot import rendered
    from rackwright.depot.deploys import deploys
    from rackwright.locks import load_lock
    from rackwright.pipeline import plan

    design = plan(meant.cluster or "").design
    if design.kubernetes is None:
        return []
    found = deploys(place, design.name, design.kubernetes, load_lock(design.spec.lock), arch)
    if lacking := {each.release.name: each.lacks for each in found if each.by is None}:
        raise Lacking(f"charts of {design.name}", lacking, len(found))
    return [rendered.make(place, design.name, each.release, each.by) for each in found if each.by]


@app.command()
def verify(name: _Name = None, sbom: _Sbom = None, arch: _ArchOption = None, as_json: _Json = False) -> None:
    """Prove the depot: every file's digest, every image to its last byte, and nothing that no row names.

    Exit 0: it is whole. Exit 1: it is not; everything that is wrong at once.

    Example: rackwright depot verify lab-h100-ubuntu2404-kubernetes
    """
    meant, place = meant_by(name), here()
    asked = _arch(arch) if arch else None
    if sbom and len(meant.tables) > 1:
        raise UsageError(f"--sbom is for one table; name it: {', '.join(meant.tables)}")
    answer: list[dict[str, Any]] = []
    for which in meant.tables:
        chosen = meant.arch(which, asked)
        folder = place.filled(which, chosen)
        wrong = check(folder, load_table(which), chosen)
        record = load(folder)
        if not wrong and record:
            _write_sbom(folder, record, sbom)
        findings = [asdict(one) for one in wrong]
        answer.append({"table": which, "arch": chosen, "ok": not wrong, "findings": findings})
        for one in [] if as_json else wrong:
            typer.echo(str(one), err=True)
        if record and not wrong and not as_json:
            typer.echo(f"OK: {which} {chosen}: {len(record.files)} files, {len(record.images)} images")
    if as_json:
        typer.echo(json.dumps({"ok": all(each["ok"] for each in answer), "tables": answer}, indent=1))
    if not all(each["ok"] for each in answer):
        raise typer.Exit(1)


@app.command("list")
def show(name: _Name = None, sbom: _Sbom = None, arch: _ArchOption = None, as_json: _Json = False) -> None:
    """Everything that a lock names: version, digest, licence, where it is from, and whether it is here.

    Example: rackwright depot list lab-h100-ubuntu2404-kubernetes
    """
    meant, place = meant_by(name), here()
    asked = _arch(arch) if arch else None
    if sbom and len(meant.tables) > 1:
        raise UsageError(f"--sbom is for one table; name it: {', '.join(meant.tables)}")
    answer: list[dict[str, Any]] = []
    listed: list[Row] = []
    for name_of in meant.tables:
        content, chosen = load_table(name_of), meant.arch(name_of, asked)
        record = load(place.filled(name_of, chosen))
        if sbom and record is None:
            hint = f"rackwright depot build {name_of} --sbom {sbom}"
            raise UsageError(f"nothing is built of {name_of} for {chosen}; {hint}")
        if record:
            _write_sbom(place.filled(name_of, chosen), record, sbom)
        here_now = rows(content, chosen, record)
        listed += here_now
        answer.append(_answer(name_of, content, chosen, place, here_now, record))
    if as_json:
        typer.echo(json.dumps({"tables": answer}, indent=1))
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

    meant, chosen, place = meant_by(name), _arch(arch), here()
    found = [each for each in meant.tables if each not in meant.helms]
    found += [each for each in earlier(name) if load(place.filled(each, chosen))]
    typer.echo(f"serving {', '.join(found)} on http://{address}, read-only", err=True)
    serve_images([place.filled(each, chosen) for each in found], address, place.root)


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
