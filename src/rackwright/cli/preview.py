"""``rackwright preview``: what ``up`` would change."""

from __future__ import annotations

from typing import Annotated

import typer

from rackwright.cli.stacks import AsJson, Cluster, Engine, Parallel, Stacks, run_all
from rackwright.up.run import Orders


def command(
    cluster: Cluster,
    stack: Stacks = None,
    engine: Engine = None,
    parallel: Parallel = 64,
    as_json: AsJson = False,
    expect_no_changes: Annotated[
        bool, typer.Option("--expect-no-changes", help="Exit 1 when anything would change.")
    ] = False,
) -> None:
    """Show what `up` would change, with every difference; change nothing.

    Compares the cluster file with what was last seen of the world; `refresh` looks anew.

    Example: rackwright preview lab --expect-no-changes
    """
    orders = Orders(
        engine=engine, layers=tuple(stack or ()), parallel=parallel, expect_no_changes=expect_no_changes
    )
    raise typer.Exit(run_all("preview", cluster, orders, as_json, details=True).exit_code)
