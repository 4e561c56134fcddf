"""``rackwright report``: one page about the cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from rackwright import pipeline
from rackwright.report.file import write
from rackwright.verify import results


def command(
    cluster: Annotated[str, typer.Argument(help="Name under inventories/, or path of a cluster file.")],
    out: Annotated[Path | None, typer.Option(help="Where to write it; default: <state>/report.html.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print where the page is, as JSON.")] = False,
) -> None:
    """Write one self-contained HTML page: fabric, racks, planes, bill of materials, results. Needs no
    privileges.

    Shows the last `rackwright verify`; without one it shows the design.

    Example: rackwright report lab --out lab.html
    """
    planned = pipeline.plan(cluster)
    result = results.read(planned.design.name)
    path = write(planned, result, out)
    if as_json:
        typer.echo(
            json.dumps(
                {"report": str(path), "verified": result is not None, "ok": bool(result and result.ok)}
            )
        )
    else:
        typer.echo(f"report: {path}" + ("" if result else " (design only: nothing was measured yet)"))
