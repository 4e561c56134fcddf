"""``rackwright verify``: measure the cluster against its design."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rackwright import atomic
from rackwright.verify import results
from rackwright.verify.progress import Progress
from rackwright.verify.run import Limits, verify
from rackwright.verify.table import show


def command(
    cluster: Annotated[str, typer.Argument(help="Name under inventories/, or path of a cluster file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write the verdicts as JUnit XML.")] = None,
    deadline: Annotated[
        float, typer.Option(help="Seconds for everything one machine is asked.")
    ] = Limits().node,
    parallel: Annotated[int, typer.Option(help="Machines visited at a time.")] = Limits().parallel,
    claims: Annotated[
        float,
        typer.Option(help="Seconds for a claim of Kubernetes on every GPU node to be served; 0: make none."),
    ] = Limits().claims,
) -> None:
    """Read every machine once, judge each fact, name the one cause behind many effects. Changes nothing.

    With Kubernetes a pod with a claim is made on every GPU node, in a namespace of its own, and taken away.

    Exit 0: no finding. Exit 1: a fact differs from the design, or one that should have been measurable was
    not.

    Example: rackwright verify lab
    """
    result = verify(cluster, Progress(quiet=as_json), Limits(node=deadline, parallel=parallel, claims=claims))
    path = results.write(result)
    if junit is not None:
        atomic.write(junit, results.junit(result))
    if as_json:
        typer.echo(json.dumps(results.as_dict(result), indent=1))
    else:
        show(result, Console())
        typer.echo(f"result: {path}")
    if not result.ok:
        raise typer.Exit(1)
