"""The result as tables for people: nodes and layers, then one line of cause for each finding."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from rackwright.verify.model import Finding, Layer, Result, Verdict

MARK = {"pass": ("", "green"), "fail": ("✗", "red"), "not measured": ("?", "yellow")}
COLUMNS: dict[str, tuple[Layer, ...]] = {
    "machine": ("power", "reach", "bmc"),
    "cables": ("cable",),
    "config": ("configuration", "switch"),
    "ports": ("port",),
    "node": ("node",),
    "fabric": ("session", "rail", "pair"),
    "planes": ("plane",),
    "storage": ("cluster",),
    "k8s": ("kubernetes", "devices", "claim"),
}
"""Layers side by side that a terminal of 80 columns has room for."""
MOST_ROWS = 48


def worst(verdicts: list[Verdict]) -> str:
    """The outcome that counts: a failure before what was not measured, that before a pass; empty when none
    applies."""
    outcomes = {verdict.outcome for verdict in verdicts}
    return next((o for o in ("fail", "not measured", "pass") if o in outcomes), "")


def counted(verdicts: list[Verdict]) -> list[Verdict]:
    """Without what cannot be measured here by its nature; all of it where there is nothing else."""
    return [v for v in verdicts if v.due or v.outcome != "not measured"] or verdicts


def show(result: Result, console: Console) -> None:
    """Print the result."""
    console.print(nodes(result))
    for finding in result.findings:
        console.print(panel(finding))
    console.print(summary(result))


def nodes(result: Result) -> Table:
    """A row for each node, a column for each group of layers; of a large cluster only the nodes that do not
    pass."""
    by_device: dict[str, dict[str, list[Verdict]]] = {name: {} for name in result.devices}
    for verdict in result.verdicts:
        by_device.setdefault(verdict.device, {}).setdefault(verdict.layer, []).append(verdict)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    table.add_column("node", no_wrap=True)
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    left_out = 0
    for device, cells in by_device.items():
        if len(by_device) > MOST_ROWS and worst([v for each in cells.values() for v in each]) == "pass":
            left_out += 1
            continue
        groups = ([v for layer in layers for v in cells.get(layer, ())] for layers in COLUMNS.values())
        table.add_row(device, *(_cell(group) for group in groups))
    if left_out:
        table.add_row(f"and {left_out} more", *("all" for _ in COLUMNS), style="green")
    return table


def _cell(verdicts: list[Verdict]) -> Text:
    """How many pass, or how many of how many; the mark is for terminals without colour."""
    verdicts = counted(verdicts)
    outcome = worst(verdicts)
    if not outcome:
        return Text("")
    mark, colour = MARK[outcome]
    passed = sum(v.count for v in verdicts if v.outcome == "pass")
    total = sum(v.count for v in verdicts)
    return Text(str(total) if passed == total else f"{passed}/{total}{mark}", style=colour)


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
