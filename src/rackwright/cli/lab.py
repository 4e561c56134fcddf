"""``rackwright lab``: the simulated datacentre of a cluster on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from rackwright.cli.lab_fence import lab_depot, lab_fence

app = typer.Typer(
    no_args_is_help=True,
    help="Build, look at, break and take down a simulated datacentre.",
    epilog="Example: rackwright lab up lab",
)
Cluster = Annotated[str, typer.Argument(help="Cluster name or path of a cluster file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

app.command("depot")(lab_depot)
app.command("fence")(lab_fence)


@app.command("up")
def lab_up(cluster: Cluster) -> None:
    """Build the lab, or repair what is missing of it. Servers stay off until `rackwright up`.

    Kubernetes is served where its depot is filled (`rackwright depot build`); what is not filled is said.

    Example: rackwright lab up lab
    """
    from rackwright.lab.progress import Steps
    from rackwright.lab.up import up
    from rackwright.lab.world import world

    with Steps() as steps:
        built = up(world(cluster), steps)
    if not (built.namespaces or built.cables or built.machines or built.daemons):
        typer.echo("lab: everything was there, nothing was changed")
    else:
        typer.echo(
            f"lab: made {len(built.namespaces)} namespaces, {built.cables} cables;"
            f" booted {', '.join(built.machines) or 'no machine'};"
            f" started {', '.join(built.daemons) or 'no daemon'}"
        )
    if built.left_out:
        typer.echo(f"lab: Kubernetes is not served: {built.left_out}")


@app.command("down")
def lab_down(cluster: Cluster) -> None:
    """Take the lab away; nothing is left behind.

    Example: rackwright lab down lab
    """
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
    validators: Annotated[
        bool, typer.Option("--validators", help="Those that `rackwright validate` runs, instead.")
    ] = False,
) -> None:
    """Debian packages that the lab, or the validators, need on this machine.

    Example: rackwright lab packages --install
    """
    from rackwright.lab import packages as of_the_lab
    from rackwright.validate import packages as of_validators

    needed, who = (of_validators, "validators") if validators else (of_the_lab, "lab")
    missing = needed.missing()
    if missing and install:
        typer.echo(f"installing {' '.join(missing)}", err=True)
        needed.install(missing)
        missing = needed.missing()
    typer.echo(f"missing: {' '.join(missing)}" if missing else f"{who}: every package needed is here")
    if missing:
        raise typer.Exit(3)


@app.command("status")
def lab_status(cluster: Cluster, as_json: Json = False) -> None:
    """Machines, power, reachability, BMCs, cables and faults of the lab.

    Example: rackwright lab status lab
    """
    import json
    from dataclasses import asdict

    from rich.console import Console

    from rackwright.lab.show import show_status
    from rackwright.lab.status import status
    from rackwright.lab.world import world

    found = status(world(cluster))
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=1))
    else:
        show_status(found, Console())


@app.command("fault")
def lab_fault(
    cluster: Cluster,
    kind: Annotated[str | None, typer.Argument(help="What goes wrong; --list names the kinds.")] = None,
    place: Annotated[list[str] | None, typer.Option(help="Where; has a default for each kind.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Heal this kind, or all.")] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="Kinds of faults, and those that are there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Break something in the lab on purpose, or heal it.

    Example: rackwright lab fault lab miswired
    """
    import json
    from dataclasses import asdict

    from rich.console import Console

    from rackwright.errors import UsageError
    from rackwright.lab.faults.plant import KINDS, plant
    from rackwright.lab.faults.plant import clear as heal
    from rackwright.lab.faults.record import active
    from rackwright.lab.show import show_faults
    from rackwright.lab.world import world

    console, built = Console(), world(cluster)
    if listing:
        there = active(built.place)
        if as_json:
            kinds = {name: each.help for name, each in KINDS.items()}
            typer.echo(json.dumps({"kinds": kinds, "active": [asdict(fault) for fault in there]}, indent=1))
            return
        for name, each in KINDS.items():
            console.print(f"{name:<14} {each.help}", highlight=False)
        show_faults(there, console)
        return
    if clear:
        healed = heal(built, kind)
        if as_json:
            typer.echo(json.dumps({"healed": [asdict(fault) for fault in healed]}, indent=1))
            return
        for fault in healed:
            console.print(f"healed {fault.kind} at {fault.place}", highlight=False)
        if not healed:
            console.print("nothing to heal")
        return
    if kind is None:
        raise UsageError("say which fault; rackwright lab fault CLUSTER --list names them")
    fault = plant(built, kind, place or ())
    if as_json:
        typer.echo(json.dumps(asdict(fault), indent=1))
    else:
        show_faults([fault], console)
