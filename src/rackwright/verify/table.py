"""The result as tables for people: nodes and layers, then one line of cause for each finding."""

from __future__ import annotations

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from rackwright.verify.model import LAYERS, Finding, Result, Verdict

MARK = {"pass": ("✓", "green"), "fail": ("✗", "red"), "not measured": ("?", "yellow")}


def worst(verdicts: list[Verdict]) -> str:
    """The outcome that counts: a failure before what was not measured, that before a pass; empty when none
    applies."""
    outcomes = {verdict.outcome for verdict in verdicts}
    return next((o for o in ("fail", "not measured", "pass") if o in outcomes), "")


def show(result: Result, console: Console) -> None:
    """Print the result."""
    console.print(nodes(result))
    for finding in result.findings:
        console.print(panel(finding))
    console.print(summary(result))


def nodes(result: Result) -> Table:
    """One row for each device, one column for each layer: measurements that passed of those that were
    made."""
    by_device: dict[str, dict[str, list[Verdict]]] = {name: {} for name in result.devices}
    for verdict in result.verdicts:
        by_device.setdefault(verdict.device, {}).setdefault(verdict.layer, []).append(verdict)
    layers = [layer for layer in LAYERS if any(layer in cells for cells in by_device.values())]
    table = Table(title=f"{result.cluster}: every node, every layer", title_justify="left", pad_edge=False)
    table.add_column("node", no_wrap=True)
    for layer in layers:
        table.add_column(layer, justify="right")
    for device, cells in by_device.items():
        table.add_row(device, *(_cell(cells.get(layer, [])) for layer in layers))
    return table


def _cell(verdicts: list[Verdict]) -> Text:
    outcome = worst(verdicts)
    if not outcome:
        return Text("")
    mark, colour = MARK[outcome]
    passed = sum(v.count for v in verdicts if v.outcome == "pass")
    total = sum(v.count for v in verdicts)
    return Text(f"{passed} {mark}" if passed == total else f"{passed}/{total} {mark}", style=colour)


def panel(finding: Finding) -> Panel:
    """One finding: place, found, expected, source, and how much follows from it."""
    lines = [
        Text.assemble(("place     ", "dim"), (finding.place, "bold")),
        Text.assemble(("found     ", "dim"), finding.found),
        Text.assemble(("expected  ", "dim"), finding.expected),
        Text.assemble(("source    ", "dim"), finding.source),
    ]
    if finding.effects:
        what = "measurement" if finding.effects == 1 else "measurements"
        lines.append(
            Text.assemble(
                ("explains  ", "dim"), f"{finding.effects} further {what} that failed or could not be made"
            )
        )
    colour = "red" if finding.outcome == "fail" else "yellow"
    return Panel(
        Group(*lines), title=f"{finding.layer}: {finding.cause}", title_align="left", border_style=colour
    )


def summary(result: Result) -> Text:
    """One line: how many of what, in what time, on what."""
    counts = result.counts()
    what = "simulated hardware" if result.simulated else "hardware"
    head = (
        "no finding" if result.ok else f"{len(result.findings)} finding" + "s" * (len(result.findings) != 1)
    )
    text = (
        f"{head}: {counts['pass']} pass, {counts['fail']} fail, {counts['not measured']} not measured "
        f"on {len(result.devices)} machines in {result.seconds:.0f} s ({what})"
    )
    return Text(text, style="bold green" if result.ok else "bold red")
