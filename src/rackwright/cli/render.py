"""``rackwright render``: the design's files on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from rackwright.pipeline import files, plan
from rackwright.render.write import write


def command(
    cluster: Annotated[str, typer.Argument(help="Cluster name or path of a cluster file.")],
    out: Annotated[Path, typer.Option(help="Folder to write to; made when missing.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write every file that the design gives; files that are right already are not touched.

    Example: rackwright render lab --out /tmp/lab
    """
    rendered = files(plan(cluster))
    done = write(rendered, out)
    if as_json:
        answer = {
            "out": str(out),
            "written": list(done.written),
            "removed": list(done.removed),
            "unchanged": done.unchanged,
            "not_rendered": list(rendered.not_rendered),
        }
        typer.echo(json.dumps(answer, indent=1))
        return
    typer.echo(
        f"{out}: {len(done.written)} files written, {done.unchanged} unchanged, {len(done.removed)} removed"
    )
    for sentence in rendered.not_rendered:
        typer.echo(f"not rendered: {sentence}", err=True)
