"""Tables of the lab for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from rackwright.lab.depot.listing import Entry
from rackwright.lab.faults.record import Fault
from rackwright.lab.fence import Count
from rackwright.lab.status import LabStatus

GOOD, BAD = "[green]{}[/]", "[red]{}[/]"


def show_status(status: LabStatus, console: Console) -> None:
    """Machines as a table, the rest as lines."""
    if not status.up:
        console.print(f"lab {status.name} is not up; run: rackwright lab up {status.name}")
        return
    table = Table(title=f"lab {status.name} (simulated)", title_justify="left")
    for heading in ("machine", "kind", "power", "address", "ssh", "bmc"):
        table.add_column(heading)
    for row in status.machines:
        power = GOOD.format("on") if row.power == "on" else row.power
        ssh = GOOD.format("answers") if row.reachable else BAD.format("silent") if row.power == "on" else "-"
        bmc = BAD.format("silent") if row.bmc == "silent" else row.bmc
        table.add_row(row.name, row.kind, power, row.address, ssh, bmc)
    console.print(table)
    lost = len(status.cables_missing)
    console.print(
        f"cables: {status.cables} designed, {BAD.format(f'{lost} links missing') if lost else 'all there'}"
    )
    for line in status.cables_missing:
        console.print(f"  missing: {line}")
    running = ", ".join(
        f"{name} {GOOD.format('runs') if alive else BAD.format('is dead')}"
        for name, alive in status.daemons.items()
    )
    console.print(f"daemons: {running}")
    console.print(f"image of the servers: {status.image}", highlight=False)
    show_faults(status.faults, console)


def show_faults(faults: list[Fault], console: Console) -> None:
    """What is broken on purpose, and what heals it."""
    if not faults:
        console.print("faults: none")
    for fault in faults:
        console.print(f"fault [bold]{fault.kind}[/] at {fault.place}: {fault.broke}", highlight=False)
        console.print(f"  heals: {fault.heals}", highlight=False)


def show_fence(counts: list[Count], console: Console) -> None:
    """What servers sent since they were fenced in."""
    if not counts:
        console.print("no server is fenced in")
        return
    table = Table(title="packets that servers sent", title_justify="left")
    for heading in ("server", "to the depot", "to other planes", "to the controller", "denied", "to where"):
        table.add_column(heading)
    for row in counts:
        denied = (BAD if row.denied else GOOD).format(row.denied)
        sent = (str(row.depot), str(row.planes), str(row.controller))
        table.add_row(row.server, *sent, denied, ", ".join(row.last))
    console.print(table)


def show_depot(entries: list[Entry], console: Console) -> None:
    """Packages of a depot."""
    table = Table(title="packages of the depot", title_justify="left")
    for heading in ("package", "version", "is", "what it truly is"):
        table.add_column(heading)
    for row in entries:
        table.add_row(row.package, row.version, row.origin, row.note)
    console.print(table)
