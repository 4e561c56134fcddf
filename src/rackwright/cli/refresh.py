"""``rackwright refresh``: look at the world and record what it holds."""

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
        bool, typer.Option("--expect-no-changes", help="Exit 1 when the world has drifted.")
    ] = False,
) -> None:
    """Read every device and record what it holds now; the world itself is not changed.

    Drift is shown with its differences: a switch edited by hand, a server that was switched off. `up`
    repairs it.

    Example: rackwright refresh lab --expect-no-changes
    """
    orders = Orders(
        engine=engine, layers=tuple(stack or ()), parallel=parallel, expect_no_changes=expect_no_changes
    )
    outcome = run_all("refresh", cluster, orders, as_json, details=True)
    drifted = expect_no_changes and outcome.changes > 0
    raise typer.Exit(outcome.exit_code or int(drifted))
