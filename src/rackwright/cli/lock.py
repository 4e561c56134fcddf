"""``rackwright lock``: host locks; whether they hold, and what a change from one to another needs."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any

import typer

from rackwright.cli.lock_text import differences, table
from rackwright.errors import BadInput, Problem
from rackwright.locks.components import components
from rackwright.locks.diff import Change, diff
from rackwright.locks.load import inspect, locate, names, read_lock
from rackwright.locks.model import HostLock
from rackwright.locks.rules import rules

app = typer.Typer(
    no_args_is_help=True,
    help="Host locks: prove them against their rules, compare two of them.",
    epilog="Example: rackwright lock check h100-debian13",
)
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Lock = Annotated[str, typer.Argument(help="Name of a lock in catalog/locks/, or path of a lock file.")]


@app.command("list")
def show(as_json: _Json = False) -> None:
    """Every lock of the catalog: distribution, GPUs, driver, and the lock that machines come from.

    Example: rackwright lock list
    """
    joined = [inspect(locate(name)) for name in names()]
    if problems := [problem for _, found in joined for problem in found]:
        raise BadInput(list(set(problems)))
    locks = [one.lock for one, _ in joined if one.lock is not None]
    if as_json:
        typer.echo(json.dumps([_head(lock) for lock in locks], indent=1))
        return
    for line in table(locks):
        typer.echo(line)


@app.command()
def check(
    locks: Annotated[
        list[str], typer.Argument(help="Names of locks in catalog/locks/, or paths of lock files.")
    ],
    as_json: _Json = False,
) -> None:
    """Prove locks against every rule of catalog/lock-rules.yaml. Exit 2 when one breaks any; all at once.

    Example: rackwright lock check h100-debian13 h100-ubuntu2404
    """
    problems: list[Problem] = []
    rows: list[dict[str, Any]] = []
    for path in map(locate, locks):
        joined, found = inspect(path)
        problems += found
        rows.append(
            {
                "lock": path.stem,
                "file": str(path),
                "ok": not found,
                "rows": len(joined.rows),
                "rules": len(rules()),
                "problems": [dataclasses.asdict(problem) for problem in sorted(set(found))],
            }
        )
    if as_json:
        typer.echo(json.dumps({"ok": not problems, "locks": rows}, indent=1))
        if problems:
            raise typer.Exit(2)
        return
    for row in rows:
        if row["ok"]:
            typer.echo(f"OK: {row['lock']}: {row['rows']} rows hold against {row['rules']} rules")
    if problems:
        raise BadInput(list(set(problems)))


@app.command("diff")
def compare(before: _Lock, after: _Lock, as_json: _Json = False) -> None:
    """What a change from one lock to another touches, in which order, and what each row needs of a machine.

    Example: rackwright lock diff h100-debian13-570 h100-debian13
    """
    found = diff(read_lock(locate(before)), read_lock(locate(after)), components())
    if as_json:
        typer.echo(json.dumps({**_plain(found), "need": found.need}, indent=1))
        return
    for line in differences(found):
        typer.echo(line)


def _head(lock: HostLock) -> dict[str, Any]:
    versions = {name: row.reports for name, row in lock.rows.items()}
    return {
        "name": lock.name,
        "os": lock.os.model_dump(),
        "gpus": list(lock.gpus),
        "previous": lock.previous,
        "rows": versions,
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 (any field)
    """Dataclasses as dictionaries, a change with its direction."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        plain = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {**plain, "step": value.step} if isinstance(value, Change) else plain
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
