"""``rackwright plan``: what the cluster file amounts to."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rackwright.design.summary import Json, summary
from rackwright.pipeline import plan

WIDTH = 140
"""Columns where there is no terminal to ask."""
_SHOWN = 40
"""Racks that are listed; a large site has thousands, and --json has them all."""


def command(
    cluster: Annotated[str, typer.Argument(help="Cluster name or path of a cluster file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Counts, fabrics, planes, bill of materials, power and racks. Touches nothing.

    Example: rackwright plan lab
    """
    facts = summary(plan(cluster).design)
    if as_json:
        typer.echo(json.dumps(facts, indent=1))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    for table in tables(facts):
        console.print(table)
        console.print()
    for sentence in facts["unknown"]:
        console.print(f"not known: {sentence}", highlight=False)


def tables(facts: Json) -> list[Table]:
    """The plan as tables."""
    return [_counts(facts), _fabrics(facts), _planes(facts), _bom(facts), _racks(facts)]


def _table(title: str, *columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left")
    return table


def _counts(facts: Json) -> Table:
    table = _table(f"{facts['cluster']}", "what", "count", right=("count",))
    for name, row in facts["groups"].items():
        gpus = f", {row['gpus']} GPUs" if row["gpus"] else ""
        table.add_row(f"servers {name} ({row['sku']}, {row['role']}{gpus})", str(row["servers"]))
    for key in ("machines", "gpus", "switches", "cables", "racks"):
        table.add_row(key, str(facts[key]))
    less = facts["power_unknown_devices"]
    table.add_row(
        "power, kW" + (f" (without {less} devices of unknown power)" if less else ""), str(facts["power_kw"])
    )
    return table


def _fabrics(facts: Json) -> Table:
    table = _table(
        "Fabrics",
        "fabric",
        "kind",
        "switch",
        "nos",
        "tier",
        "switches",
        "ports used",
        "radix",
        "cables",
        right=("switches", "ports used", "radix"),
    )
    for name, row in facts["fabrics"].items():
        links = ", ".join(f"{kind} {count}" for kind, count in row["links"].items())
        for number, tier in enumerate(row["tiers"]):
            head = [name, row["kind"], row["switch"], row["nos"]] if not number else ["", "", "", ""]
            counts = [str(tier[key]) for key in ("switches", "ports_used", "radix")]
            table.add_row(*head, tier["name"], *counts, links if not number else "")
    return table


def _planes(facts: Json) -> Table:
    table = _table(
        "Planes",
        "plane",
        "fabric",
        "prefix",
        "MTU",
        "server ports",
        "may reach",
        right=("MTU", "server ports"),
    )
    for name, row in facts["planes"].items():
        reach = ", ".join(row["may_reach"]) or "itself only"
        table.add_row(name, row["fabric"], row["prefix"], str(row["mtu"]), str(row["ports"]), reach)
    return table


def _bom(facts: Json) -> Table:
    table = _table(
        "Bill of materials", "part", "description", "quantity", "W each", right=("quantity", "W each")
    )
    for row in facts["bom"]:
        watts = "" if row["power_w_each"] is None else str(row["power_w_each"])
        table.add_row(row["part"], row["description"], str(row["quantity"]), watts)
    return table


def _racks(facts: Json) -> Table:
    table = _table(
        "Racks", "rack", "units", "devices", "known power, W", right=("units", "devices", "known power, W")
    )
    for row in facts["rack_list"][:_SHOWN]:
        watts = "?" if row["power_w"] is None else str(row["power_w"])
        table.add_row(row["name"], str(row["units"]), str(row["devices"]), watts)
    if (rest := len(facts["rack_list"]) - _SHOWN) > 0:
        table.add_row(f"... and {rest} more (--json has all)", "", "", "")
    return table
