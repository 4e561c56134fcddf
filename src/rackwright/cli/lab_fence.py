"""``rackwright lab fence`` and ``rackwright lab depot``: what a lab's servers reach, and what is there."""

from __future__ import annotations

from typing import Annotated

import typer

Cluster = Annotated[str, typer.Argument(help="Cluster name or path of a cluster file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def lab_fence(
    cluster: Cluster,
    clear: Annotated[bool, typer.Option("--clear", help="Take the fence down.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Print what it has counted.")] = False,
    as_json: Json = False,
) -> None:
    """Let the servers reach the depot and one another only, and count every other try.

    Example: rackwright lab fence lab --show
    """
    import json
    from dataclasses import asdict

    from rich.console import Console

    from rackwright.errors import UsageError
    from rackwright.lab import fence
    from rackwright.lab.show import show_fence
    from rackwright.lab.world import world

    if clear and show:
        raise UsageError("--clear and --show exclude each other: the counters go with the fence")
    built = world(cluster)
    if not show:
        names = fence.take_down(built) if clear else fence.put_up(built)
        typer.echo(f"fence {'down' if clear else 'up'}: {', '.join(names) or 'no server'}")
        return
    found = fence.counts(built)
    if as_json:
        typer.echo(json.dumps([asdict(count) for count in found], indent=1))
    else:
        show_fence(found, Console())
    if any(count.denied for count in found):
        raise typer.Exit(1)


def lab_depot(cluster: Cluster, as_json: Json = False) -> None:
    """Packages of the lab's depot, and what each truly is: twin, real, relabelled or repacked.

    Example: rackwright lab depot lab
    """
    import json
    from dataclasses import asdict

    from rich.console import Console

    from rackwright.errors import UsageError
    from rackwright.lab.depot import listing
    from rackwright.lab.depot.where import current
    from rackwright.lab.show import show_depot
    from rackwright.lab.world import place_of

    place = place_of(cluster)
    if not current(place).exists():
        raise UsageError(f"lab {place.name} has no depot; run rackwright lab up {place.name}")
    rows = listing.load(current(place))
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        show_depot(rows, Console())
