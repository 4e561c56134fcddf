"""What ``up``, ``preview``, ``refresh`` and ``destroy`` share: their options and one run over all stacks."""

from __future__ import annotations

from typing import Annotated

import typer

from rackwright import pipeline
from rackwright.up.outcome import Outcome
from rackwright.up.run import Orders, carry_out
from rackwright.up.show import Show

Cluster = Annotated[str, typer.Argument(help="Name under inventories/, or path of a cluster file.")]
Engine = Annotated[
    str | None,
    typer.Option(help="pulumi or in-process; default: Pulumi's own where it can be had.", show_default=False),
]
Parallel = Annotated[int, typer.Option(min=1, help="Resources of one stack at a time.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON event per line; the last is the outcome.")]
Stacks = Annotated[
    list[str] | None,
    typer.Option(
        "--stack",
        help="Only this layer (fabric, servers, storage, platform), and not those that it needs; repeatable.",
        show_default=False,
    ),
]
Diff = Annotated[bool, typer.Option("--diff", help="Show every difference in full.")]


def run_all(operation: str, cluster: str, orders: Orders, as_json: bool, details: bool) -> Outcome:
    """Carry it out and show how it ended."""
    planned = pipeline.plan(cluster)
    show = Show(as_json, details)
    with show:
        outcome = carry_out(operation, planned, orders, show.tell)
    show.result(outcome)
    return outcome
