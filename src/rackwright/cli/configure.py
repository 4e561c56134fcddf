"""``rackwright configure``: only the roles, on all servers or on some."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rackwright import paths, pipeline
from rackwright.cli.stacks import AsJson, Cluster
from rackwright.lock import Lock
from rackwright.resources.ansible_run import HostResult
from rackwright.up.configure import configure


def command(
    cluster: Cluster,
    host: Annotated[list[str] | None, typer.Option(help="Only this server; may be given again.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; say what would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show differences.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the Ansible roles again. What is right is left alone: a second run reports changed=0.

    Exit 0: done, or nothing would change. 1: with --check, something would. 3: a host failed.

    Example: rackwright configure lab --check --diff
    """
    planned = pipeline.plan(cluster)
    console = Console(stderr=True, highlight=False)
    lock = Lock(paths.state_dir(planned.design.name) / "lock", f"cluster {planned.design.name}")
    with lock, console.status("running roles") as status:
        found = configure(planned, host or [], check, lambda name, text: status.update(f"{name}: {text}"))
    if as_json:
        data = {
            name: {host: asdict(result) for host, result in hosts.items()} for name, hosts in found.items()
        }
        typer.echo(json.dumps(data, indent=1))
    else:
        _table(found, diff, check)
    results = [result for hosts in found.values() for result in hosts.values()]
    if any(result.failed for result in results):
        raise typer.Exit(3)
    if check and any(result.changed for result in results):
        raise typer.Exit(1)


def _table(found: dict[str, dict[str, HostResult]], diff: bool, check: bool) -> None:
    out = Console(highlight=False)
    table = Table()
    for column in ("roles for", "host", "ok", "would change" if check else "changed", "seconds", "failed"):
        table.add_column(column)
    for name, hosts in sorted(found.items()):
        for host, result in sorted(hosts.items()):
            numbers = (str(result.ok), str(result.changed), f"{result.seconds:.1f}")
            table.add_row(name, host, *numbers, result.failed or "")
    out.print(table)
    for hosts in found.values() if diff else ():
        for host, result in sorted(hosts.items()):
            for task in result.tasks:
                out.print(f"{host}: {task['task']}\n{task['diff']}", markup=False)
