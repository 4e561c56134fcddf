"""``rackwright lab``: the simulated datacentre of a cluster on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Build, look at, break and take down a simulated datacentre.")
Cluster = Annotated[str, typer.Argument(help="Cluster name or path of a cluster file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("up")
def lab_up(cluster: Cluster) -> None:
    """Build the lab, or repair what is missing of it. Servers stay off until `rackwright up`."""
    from rackwright.lab.progress import Steps
    from rackwright.lab.up import up
    from rackwright.lab.world import world

    with Steps() as steps:
        built = up(world(cluster), steps)
    if not (built.namespaces or built.cables or built.machines or built.daemons):
        typer.echo("lab: everything was there, nothing was changed")
        return
    typer.echo(
        f"lab: made {len(built.namespaces)} namespaces, {built.cables} cables;"
        f" booted {', '.join(built.machines) or 'no machine'}; started {', '.join(built.daemons) or 'no daemon'}"
    )


@app.command("down")
def lab_down(cluster: Cluster) -> None:
    """Take the lab away; nothing is left behind."""
    from rackwright.lab.down import down
    from rackwright.lab.progress import Steps
    from rackwright.lab.world import place_of

    place = place_of(cluster)
    with Steps() as steps:
        down(place, steps)
    typer.echo(f"lab {place.name} is down")


@app.command("packages")
def lab_packages(
    install: Annotated[bool, typer.Option("--install", help="Install what is missing (root).")] = False,
) -> None:
    """Debian packages that the lab needs on this machine."""
    from rackwright.lab import packages

    missing = packages.missing()
    if missing and install:
        typer.echo(f"installing {' '.join(missing)}", err=True)
        packages.install(missing)
        missing = packages.missing()
    typer.echo(f"missing: {' '.join(missing)}" if missing else "lab: every package it needs is here")
    if missing:
        raise typer.Exit(3)
