"""``rackwright roll``: bring hosts to the lock, a few at a time, drained and proven."""

from __future__ import annotations

from typing import Annotated

import typer

from rackwright import pipeline
from rackwright.cli.stacks import AsJson, Cluster
from rackwright.roll.plan import SIZES, sizes
from rackwright.roll.run import roll
from rackwright.roll.show import Show
from rackwright.roll.wishes import Wishes


def command(
    cluster: Cluster,
    host: Annotated[list[str] | None, typer.Option(help="Only this server; may be given again.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="Only this role; may be given again.")] = None,
    max_failures: Annotated[int, typer.Option(min=1, help="Stop when so many hosts have failed.")] = 1,
    batches: Annotated[str, typer.Option(help="Hosts in each batch; the last size repeats.")] = SIZES,
    drain: Annotated[
        str, typer.Option(help="Command of this machine that takes {host} out of service.")
    ] = "",
    back: Annotated[
        str, typer.Option("--return", help="Command of this machine that puts {host} back into service.")
    ] = "",
    skip_failed: Annotated[
        bool, typer.Option("--skip-failed", help="Leave those that failed before as they are.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; say what would be done.")] = False,
    drain_timeout: Annotated[int, typer.Option(min=1, help="Seconds for a drain or return command.")] = 3600,
    reboot_timeout: Annotated[int, typer.Option(min=1, help="Seconds for a reboot.")] = 1200,
    gate_timeout: Annotated[int, typer.Option(min=0, help="Seconds until a host must be well.")] = 300,
    as_json: AsJson = False,
) -> None:
    """Bring hosts to the lock batch by batch: drain, change, reboot where it is needed, prove, return.

    Stops when --max-failures hosts have failed; the batch comes to its end, the rest stays untouched. Run
    again, it goes on. Exit 0: all are at the lock. 1: with --check, something would be done. 3: a host
    failed. 130: interrupted.

    Example: rackwright roll lab --drain "kubectl drain {host}" --return "kubectl uncordon {host}"
    """
    wishes = Wishes(
        tuple(host or ()),
        tuple(role or ()),
        sizes(batches),
        max_failures,
        drain,
        back,
        skip_failed,
        check,
        drain_timeout,
        reboot_timeout,
        gate_timeout,
    )
    planned = pipeline.plan(cluster)
    with Show(as_json) as show:
        outcome = roll(planned, wishes, show.tell)
    show.result(outcome)
    raise typer.Exit(outcome.exit_code)
