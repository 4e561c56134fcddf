"""``rackwright check``: is the cluster file good?"""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from rackwright.errors import BadInput
from rackwright.pipeline import plan


def command(
    cluster: Annotated[str, typer.Argument(help="Cluster name or path of a cluster file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read a cluster file and everything it names; report every mistake at once. Exit 2 when there is one.

    Example: rackwright check lab
    """
    try:
        planned = plan(cluster)
    except BadInput as error:
        if not as_json:
            raise
        problems = [dataclasses.asdict(problem) for problem in error.problems]
        typer.echo(json.dumps({"ok": False, "problems": problems}, indent=1))
        raise typer.Exit(error.exit_code) from error
    design = planned.design
    if as_json:
        typer.echo(
            json.dumps({"ok": True, "cluster": design.name, "file": str(planned.path), "problems": []})
        )
        return
    typer.echo(
        f"OK: {planned.path}: {len(design.servers)} servers, {sum(s.gpus for s in design.servers)} GPUs, "
        f"{len(design.switches)} switches, {len(design.cables)} cables"
    )
