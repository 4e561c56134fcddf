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
"""Rows, racks and unknown figures that are listed; a large site has thousands, and --json has them all."""


def command(
    cluster: Annotated[str, typer.Argument(help="Cluster name or path of a cluster file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Counts, fabrics and what a failure costs, planes, bill of materials, power and racks. Touches nothing.

    Example: rackwright plan lab
    """
    planned = plan(cluster)
    facts = summary(planned.design, planned.choices)
    if as_json:
        typer.echo(json.dumps(facts, indent=1))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    for table in tables(facts):
        console.print(table)
        console.print()
    for sentence in sentences(facts):
        console.print(sentence, highlight=False, markup=False)


def tables(facts: Json) -> list[Table]:
    """The plan as tables."""
    return [
        _counts(facts),
        _fabrics(facts),
        _failures(facts),
        _planes(facts),
        _bom(facts),
        _rows(facts),
        _racks(facts),
    ]


def sentences(facts: Json) -> list[str]:
    """What was chosen, why the fabrics are sized so, what is not known."""
    said = [f"chosen: {row['key']} = {row['value']}; because {row['because']}" for row in facts["chosen"]]
    for name, row in facts["fabrics"].items():
        said += [f"{name}: {reason}" for reason in row["reasons"]]
    unknown = facts["unknown"]
    said += [f"not known: {sentence}" for sentence in unknown[:_SHOWN]]
    if (rest := len(unknown) - _SHOWN) > 0:
        said.append(f"not known: {rest} more (--json has all)")
    return said


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
        links = ", ".join(f"{kind} {count:,}" for kind, count in row["links"].items())
        if row["parallel"] > 1:
            links += f"; {row['parallel']} fabric planes"
        if row["pods"] > 1:
            links += f"; {row['pods']} pods"
        for number, tier in enumerate(row["tiers"]):
            head = [name, row["kind"], row["switch"], row["nos"]] if not number else ["", "", "", ""]
            counts = [f"{tier[key]:,}" for key in ("switches", "ports_used", "radix")]
            table.add_row(*head, tier["name"], *counts, links if not number else "")
    return table


_FAILURES = (
    ("server_percent", "of a server %"),
    ("leaf_pair_percent", "of a pair of leaves %"),
    ("bisection_percent", "of the bisection %"),
    ("servers_cut", "servers lose a plane"),
    ("nics_cut", "NICs cut off"),
    ("switches_cut", "switches cut off"),
)


def _failures(facts: Json) -> Table:
    words = tuple(word for _, word in _FAILURES)
    title = "What one failure costs, at worst"
    table = _table(title, "fabric", "one of", "lost", *words, right=("one of", *words))
    for name, row in facts["fabrics"].items():
        for number, lost in enumerate(row["failures"]):
            cells = ["-" if lost[key] is None else f"{lost[key]:,}" for key, _ in _FAILURES]
            table.add_row(name if not number else "", f"{lost['count']:,}", lost["element"], *cells)
    return table


def _planes(facts: Json) -> Table:
    table = _table(
        "Planes",
        "plane",
        "fabric",
        "prefix",
        "MTU",
        "server ports",
        "free %",
        "may reach",
        right=("MTU", "server ports", "free %"),
    )
    for name, row in facts["planes"].items():
        reach = ", ".join(row["may_reach"]) or "itself only"
        free = f"{row['addresses']['free_percent']}"
        prefixes = row["prefix"] + (f", {row['prefix6']}" if row["prefix6"] else "")
        table.add_row(name, row["fabric"], prefixes, str(row["mtu"]), f"{row['ports']:,}", free, reach)
    return table


def _bom(facts: Json) -> Table:
    words = ("quantity", "spares", "W each")
    table = _table("Bill of materials", "part", "description", *words, right=words)
    for row in facts["bom"]:
        watts = "" if row["power_w_each"] is None else str(row["power_w_each"])
        table.add_row(row["part"], row["description"], f"{row['quantity']:,}", f"{row['spares']:,}", watts)
    return table


def _rows(facts: Json) -> Table:
    words = ("racks", "liquid", "known power, kW", "devices of unknown power")
    table = _table("Rows", "row", *words, right=words)
    for row in facts["rows"][:_SHOWN]:
        counts = (row["racks"], row["liquid_racks"], row["power_kw"], row["power_unknown_devices"])
        table.add_row(row["name"], *(f"{count:,}" for count in counts))
    _rest(table, len(facts["rows"]))
    return table


def _racks(facts: Json) -> Table:
    words = ("units", "devices", "known power, W")
    table = _table("Racks", "rack", "row", *words, right=words)
    for row in facts["rack_list"][:_SHOWN]:
        watts = "?" if row["power_w"] is None else f"{row['power_w']:,}"
        table.add_row(row["name"], row["row"], str(row["units"]), str(row["devices"]), watts)
    _rest(table, len(facts["rack_list"]))
    return table


def _rest(table: Table, count: int) -> None:
    """Say how many rows are not shown."""
    if (rest := count - _SHOWN) > 0:
        table.add_row(f"... and {rest:,} more (--json has all)", *[""] * (len(table.columns) - 1))
