"""``rackwright render``: the design's files on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from rackwright.cli.progress import progress
from rackwright.forks import cores
from rackwright.pipeline import plan
from rackwright.render.parts import not_rendered
from rackwright.render.write import batches, write

_ALONE = 200
"""Devices up to which one process is quicker than several."""


def command(
    cluster: Annotated[str, typer.Argument(help="Cluster name or path of a cluster file.")],
    out: Annotated[Path, typer.Option(help="Folder to write to; made when missing.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write every file that the design gives; files that are right already are not touched.

    Example: rackwright render lab --out /tmp/lab
    """
    design = plan(cluster).design
    made = batches(design)
    large = len(design.servers) + len(design.switches) > _ALONE
    with progress("render", len(made), shown=large) as step:
        done = write(made, out, cores() if large else 1, step)
    missing = not_rendered(design)
    if as_json:
        answer = {
            "out": str(out),
            "written": list(done.written),
            "removed": list(done.removed),
            "unchanged": done.unchanged,
            "not_rendered": list(missing),
        }
        typer.echo(json.dumps(answer, indent=1))
        return
    typer.echo(
        f"{out}: {len(done.written)} files written, {done.unchanged} unchanged, {len(done.removed)} removed"
    )
    for sentence in missing:
        typer.echo(f"not rendered: {sentence}", err=True)
