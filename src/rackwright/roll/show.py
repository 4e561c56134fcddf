"""Progress and result of a roll: live on a terminal, plain lines elsewhere, or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.table import Table

from rackwright.roll.outcome import NEXT, Ended, Outcome

STEPS = {
    "look": "looking at",
    "reach": "reaching",
    "drain": "draining",
    "roles": "changing",
    "gate": "proving",
    "return": "returning",
}
NAMED = 6
"""Hosts that a line names; the others are counted."""


def names(hosts: list[str]) -> str:
    """
    >>> names(["a", "b"]), names([f"h{i}" for i in range(9)])
    ('a, b', 'h0, h1, h2, h3, h4, h5 and 3 more')
    """
    more = f" and {len(hosts) - NAMED} more" if len(hosts) > NAMED else ""
    return ", ".join(hosts[:NAMED]) + more


class Show:
    """Takes a roll's events. ``with Show(...)`` around the whole command."""

    def __init__(self, as_json: bool = False) -> None:
        self._json = as_json
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._status: Status | None = None
        if not as_json and self._console.is_terminal:
            self._status = Status("rolling", console=self._console)
        self._step = ""

    def __enter__(self) -> Show:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def tell(self, event: Mapping[str, Any]) -> None:
        """One event."""
        if self._json:
            sys.stdout.write(json.dumps(dict(event)) + "\n")
            sys.stdout.flush()
            return
        kind = event["event"]
        if kind == "step":
            self._step = f"{STEPS[event['step']]} {names(event['hosts'])}"
        if self._status and kind in ("step", "progress"):
            text = f"{self._step}: {event['text']}" if kind == "progress" else self._step
            self._status.update(text[: self._console.width - 4])
            return
        line = self._line(kind, event)
        if line:
            self._console.print(line, markup=False)

    def _line(self, kind: str, event: Mapping[str, Any]) -> str:
        if kind == "begin":
            how = "going on with the last roll" if event["resumed"] else "a new roll"
            return f"lock {event['lock']}, {event['hosts']} hosts: {how}"
        if kind == "plan":
            sizes = ", ".join(str(len(batch)) for batch in event["batches"])
            return f"batches: {sizes or 'none'}"
        if kind == "batch":
            return f"batch {event['number']} of {event['of']}: {names(event['hosts'])}"
        if kind == "step":
            return f"  {self._step}"
        if kind == "todo":
            return f"  {event['host']}: {event['failed'] or '; '.join(event['tasks'])}"
        if kind == "host":
            where = f" at {event['step']}" if event["phase"] == "failed" else ""
            return f"  {event['host']}: {event['phase']}{where}: {event['why']}"
        return str(event["text"]) if kind == "log" else ""

    def result(self, outcome: Outcome) -> None:
        """A line for each kind of host, one for each that failed, and what to do."""
        if self._json:
            print(json.dumps({"event": "outcome", **outcome.as_dict()}))
            return
        out = Console(highlight=False)
        table = Table(title=f"roll {outcome.cluster}: {outcome.ended}", title_justify="left")
        for column in ("hosts", "state", "who"):
            table.add_column(column)
        rows = {phase: outcome.names(phase) for phase in ("done", "skipped", "failed")}
        word = "would be changed" if outcome.ended is Ended.CHECKED else "not touched"
        for state, hosts in {**rows, word: list(outcome.untouched)}.items():
            table.add_row(str(len(hosts)), state, names(hosts))
        out.print(table)
        for name in rows["failed"]:
            entry = outcome.hosts[name]
            left = "it stays drained" if entry.drained else "it was not drained"
            text = f"{name}: {entry.step}: {entry.why}; {left}: {NEXT[entry.step]}"
            out.print(text, markup=False, soft_wrap=True)
        if rows["failed"]:
            text = (
                "run the same command again: it begins with those that failed (--skip-failed: without them)"
            )
            out.print(text, soft_wrap=True)
        elif outcome.ended is Ended.INTERRUPTED:
            out.print("run the same command again to go on", soft_wrap=True)
