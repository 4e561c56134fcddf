"""Progress and results of a command on all stacks: live on a terminal, plain lines elsewhere, or JSON."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from rackwright.engine.events import MARKS, differences
from rackwright.up.outcome import Outcome

_PASSIVE = ("same", "read")


class Show:
    """Takes events of all stacks, from several threads. ``with Show(...)`` around the whole command."""

    def __init__(self, as_json: bool = False, details: bool = False) -> None:
        self._json, self._details = as_json, details
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._mutex = threading.Lock()
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._active: dict[tuple[str, str], dict[str, str]] = {}
        self._done: dict[tuple[str, str], int] = {}
        self._progress: Progress | None = None
        if not as_json and self._console.is_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            self._progress = Progress(*columns, console=self._console, transient=True)

    def __enter__(self) -> Show:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def tell(self, step: str, shard: str, event: Mapping[str, Any]) -> None:
        """One event of one stack; step and shard are empty for the command's own."""
        with self._mutex:
            if self._json:
                sys.stdout.write(json.dumps({"step": step, "shard": shard, **event}) + "\n")
                sys.stdout.flush()
                return
            if self._progress and step:
                self._advance(self._progress, (step, shard), event)
            for line in self._lines(step, shard, event):
                self._console.print(line, markup=False)

    def _lines(self, step: str, shard: str, event: Mapping[str, Any]) -> list[str]:
        """What stays on the screen: acts, failures, warnings."""
        kind, where = event["event"], f"{step}/{shard}"
        if kind == "engine":
            return [f"engine: {event['engine']} ({event['why']})"]
        if kind == "log" and event.get("level") in ("warning", "error"):
            return [f"{where}: {event['text']}" if step else event["text"]]
        if kind == "progress" and not self._progress:
            return [f"{where}: {_name(event)}: {event['text']}"] if self._details else []
        if kind != "end" or _component(event):
            return []
        name, seconds = event["name"], float(event.get("seconds") or 0)
        if not event["ok"]:
            return [f"{where}: {name}: failed: {event['reason']}"]
        changed = event["op"] not in _PASSIVE or bool(event["changes"])
        lines = [f"{where}: {MARKS[event['op']]} {name} {event['op']}, {seconds:.1f} s"] if changed else []
        if self._details and changed:
            for key, change in event["changes"].items():
                lines += differences(key, change["old"], change["new"])
        return lines

    def _advance(self, progress: Progress, key: tuple[str, str], event: Mapping[str, Any]) -> None:
        """Keep one line per running stack: how many are done, what runs now and what it says."""
        kind = event["event"]
        if kind == "start":
            self._tasks[key] = progress.add_task(f"{key[0]}/{key[1]} {event['operation']}")
            self._active[key], self._done[key] = {}, 0
        if key not in self._tasks:
            return
        if kind == "summary":
            progress.remove_task(self._tasks.pop(key))
            return
        active = self._active[key]
        if kind == "begin":
            active[event["name"]] = ""
        elif kind == "progress":
            active[_name(event)] = event["text"]
        elif kind == "end":
            active.pop(event["name"], None)
            self._done[key] += 1
        now = ", ".join(f"{name}: {text}" if text else name for name, text in list(active.items())[:3])
        more = f" and {len(active) - 3} more" if len(active) > 3 else ""
        text = f"{key[0]}/{key[1]}: {self._done[key]} done; {now}{more}"
        progress.update(self._tasks[key], description=escape(text[: self._console.width - 14]))

    def result(self, outcome: Outcome) -> None:
        """The table of steps, every failure once, and what remains."""
        if self._json:
            print(json.dumps({"event": "outcome", **outcome.as_dict()}))
            return
        table = Table(
            title=f"{outcome.operation} {outcome.cluster} ({outcome.engine} engine)", title_justify="left"
        )
        for column in ("step", "shard", "operation"):
            table.add_column(column)
        table.add_column("resources")
        table.add_column("seconds", justify="right")
        for run in outcome.ran:
            counts = ", ".join(
                f"{number} {act}" for act, number in sorted(run.summary.counts.items()) if number
            )
            mark = "" if run.summary.exit_code == 0 else " !"
            table.add_row(run.step, run.shard, run.operation, (counts or "none") + mark, f"{run.seconds:.1f}")
        out = Console(highlight=False)
        out.print(table)
        for ran in outcome.roles:
            word = "would change" if ran.check else "changed"
            text = f"roles {ran.name}: {ran.hosts} hosts, {word}={ran.changed}, failed={ran.failed}"
            out.print(f"{text}, {ran.seconds:.0f} s")
        for failure in outcome.failures():
            out.print(f"{failure.place}: {failure.reason}", markup=False, soft_wrap=True)
            if failure.after:
                out.print(f"  because of it: {', '.join(failure.after)}", markup=False, soft_wrap=True)
        if outcome.left_out:
            out.print(f"Kubernetes is left out: {outcome.left_out}", markup=False, soft_wrap=True)
        if outcome.interrupted:
            done = ", ".join(dict.fromkeys(run.step for run in outcome.ran)) or "nothing"
            skipped = [urn.rsplit("::", 1)[-1] for run in outcome.ran for urn in run.summary.skipped]
            left = ", ".join([*dict.fromkeys(skipped), *outcome.remaining]) or "nothing"
            out.print(
                f"interrupted. Begun: {done}. Remains: {left}. Run the command again to go on.", markup=False
            )
        out.print(f"{outcome.seconds:.1f} s in all")


def _name(event: Mapping[str, Any]) -> str:
    return str(event.get("name") or str(event.get("urn", "")).rsplit("::", 1)[-1])


def _component(event: Mapping[str, Any]) -> bool:
    """Components are groups: what happens to them happens to their children."""
    return str(event.get("type", "")).rsplit(":", 1)[-1] in (
        "Fabric",
        "ScalableUnit",
        "StorageTier",
        "Platform",
        "Kubernetes",
        "DeviceClasses",
        "GangScheduling",
        "Stack",
    )
