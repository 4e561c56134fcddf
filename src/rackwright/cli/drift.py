"""``rackwright drift``: declared against found, layer by layer; changes nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rackwright import pipeline
from rackwright.verify import results
from rackwright.verify.declared import Declared, differences
from rackwright.verify.model import LAYERS, Result
from rackwright.verify.progress import Progress
from rackwright.verify.run import Limits, look


def command(
    cluster: Annotated[str, typer.Argument(help="Name under inventories/, or path of a cluster file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    resources: Annotated[
        bool, typer.Option(help="Also let every resource of the stacks read its part of the world.")
    ] = True,
    deadline: Annotated[float, typer.Option(help="Seconds for what one machine is asked.")] = Limits().node,
) -> None:
    """Compare what is declared with what is found, layer by layer. Sends no probe, writes nothing anywhere.

    Exit 0: no drift. Exit 1: something differs, or could not be read.

    Example: rackwright drift lab
    """
    progress = Progress(quiet=as_json)
    result = look(cluster, progress, Limits(node=deadline))
    progress.begin("Reading the stacks' resources", None)
    declared = differences(pipeline.plan(cluster)) if resources else Declared((), (), 0)
    progress.end()
    if as_json:
        both = {"machines": results.as_dict(result), "resources": asdict(declared)}
        typer.echo(json.dumps(both, indent=1))
    else:
        _show(result, declared, Console())
    if not result.ok or declared.differences or declared.unread:
        raise typer.Exit(1)


def _show(result: Result, declared: Declared, console: Console) -> None:
    table = Table(title=f"{result.cluster}: declared and found", title_justify="left", pad_edge=False)
    for name in ("layer", "place", "declared", "found", "source"):
        table.add_column(name, overflow="fold")
    for layer in LAYERS:
        verdicts = [v for v in result.verdicts if v.layer == layer]
        findings = [f for f in result.findings if f.layer == layer]
        if verdicts and not findings:
            same = sum(v.count for v in verdicts if v.outcome == "pass")
            table.add_row(
                layer, f"{len({v.device for v in verdicts})} machines", f"{same} facts", "the same", ""
            )
        for finding in findings:
            table.add_row(layer, finding.place, finding.expected, finding.found, finding.source, style="red")
    if declared.stacks and not declared.differences:
        table.add_row(
            "stacks", f"{declared.stacks} stacks", "all resources", "the same", "resources' own reads"
        )
    for one in declared.differences:
        place = f"{one.stack} {one.resource} {one.property}".rstrip()
        table.add_row(f"{one.layer} stack", place, one.declared, one.found, one.type, style="red")
    for text in declared.unread:
        table.add_row("stacks", text, "", "not read", "", style="yellow")
    console.print(table)
    hardware = "simulated hardware" if result.simulated else "hardware"
    clean = result.ok and not declared.differences and not declared.unread
    end = "no drift" if clean else "drift: `rackwright up` repairs what software can"
    console.print(f"{end} ({len(result.devices)} machines, {hardware})", style="bold")
