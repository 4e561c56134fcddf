"""``rackwright destroy``: take away what ``up`` made, in the reverse order."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rackwright import pipeline
from rackwright.cli.stacks import AsJson, Cluster, Engine, Parallel, run_all
from rackwright.errors import UsageError
from rackwright.up.run import Orders


def command(
    cluster: Cluster,
    engine: Engine = None,
    parallel: Parallel = 64,
    as_json: AsJson = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Unmount and stop the file system, power the servers off, take the switches' configuration away.

    Disks are not wiped: the volume's data is set aside on the storage servers.

    Example: rackwright destroy lab
    """
    design = pipeline.plan(cluster).design
    if not yes:
        what = (
            f"{len(design.servers)} servers will be powered off and {len(design.switches)} switches emptied"
        )
        if not sys.stdin.isatty():
            raise UsageError(f"destroy {design.name}: {what}; not a terminal to ask on: give --yes")
        typer.confirm(f"{design.name}: {what}. Go on?", abort=True)
    orders = Orders(engine=engine, parallel=parallel)
    raise typer.Exit(run_all("destroy", cluster, orders, as_json, details=False).exit_code)
