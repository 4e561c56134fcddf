"""What an engine tells while it runs, and the same told to people.

Every event is a JSON object; ``event`` is one of ``start begin progress end log summary``.
"""

from __future__ import annotations

import difflib
import json
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from rackwright.provider.values import SHOWN_UNKNOWN, UNKNOWN
from rackwright.resources.handler import Change

Event = Mapping[str, Any]
OnEvent = Callable[[Event], None]

MARKS = {"create": "+", "update": "~", "replace": "+-", "delete": "-", "same": " ", "read": "?"}


@dataclass(slots=True)
class Summary:
    """How a run of one stack ended."""

    engine: str
    operation: str
    stack: str
    exit_code: int = 0
    """0 done; 1 changes although none were expected; 2 bad input; 3 something failed; 130 interrupted."""
    counts: dict[str, int] = field(default_factory=dict)
    failed: list[dict[str, str]] = field(default_factory=list)
    """``{"urn", "reason"}`` of each resource that failed."""
    skipped: list[str] = field(default_factory=list)
    """What was not begun: it needs something that failed, or the run was interrupted. Ends in ``::name``."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    message: str = ""
    """Why the run as a whole did not come to its end."""

    @property
    def changes(self) -> int:
        return sum(number for act, number in self.counts.items() if act != "same")

    def event(self) -> dict[str, Any]:
        return {"event": "summary", **asdict(self)}


def shown(changes: Mapping[str, Change]) -> dict[str, dict[str, Any]]:
    """Changes as JSON."""
    return {key: {"old": item.old, "new": item.new, "replace": item.replace} for key, item in changes.items()}


def _value(value: object) -> str:
    if value == UNKNOWN:
        return SHOWN_UNKNOWN
    return "(none)" if value is None else json.dumps(value, sort_keys=True).replace(UNKNOWN, SHOWN_UNKNOWN)


def differences(name: str, old: object, new: object, indent: str = "      ") -> list[str]:
    """One property's difference in lines: inside objects key by key, for longer texts as a text diff."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [
            line
            for key in sorted({*old, *new})
            if old.get(key) != new.get(key)
            for line in differences(f"{name}.{key}", old.get(key), new.get(key), indent)
        ]
    if isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        diff = difflib.unified_diff(old.splitlines(), new.splitlines(), "old", "new", n=1, lineterm="")
        return [f"{indent}{name}:", *(f"{indent}  {line}" for line in list(diff)[2:])]
    return [f"{indent}{name}: {_value(old)} => {_value(new)}"]


def lines(event: Event) -> list[str]:
    """An event for people; same and begin events say nothing."""
    kind = event["event"]
    if kind == "start":
        return [f"{event['operation']} {event['stack']} ({event['engine']} engine)"]
    if kind == "log":
        return [f"  {event['level']}: {event['text']}"]
    if kind == "progress":
        return [f"      {event['urn'].rsplit('::', 1)[1]}: {event['text']}"]
    if kind == "end" and (event["op"] != "same" or not event["ok"]):
        head = f"  {MARKS[event['op']]:>2} {event['type']} {event['name']}: {event['op']}"
        text = [head if event["ok"] else f"{head} failed: {event['reason']}"]
        for name, change in event["changes"].items():
            text += differences(name, change["old"], change["new"])
        return text
    if kind == "summary":
        counts = (
            ", ".join(f"{number} {act}" for act, number in sorted(event["counts"].items())) or "nothing to do"
        )
        text = [f"  {event['operation']} {event['stack']}: {counts}; {event['seconds']:.1f} s"]
        text += [f"  not begun: {urn.rsplit('::', 1)[1]}" for urn in event["skipped"]]
        text += [f"  {name} = {_value(value)}" for name, value in event["outputs"].items()]
        return text + ([f"  {event['message']}"] if event["message"] else [])
    return []


def writer(file: IO[str], as_json: bool) -> OnEvent:
    """Prints events to ``file``, one JSON object per line or as text; may be called from any thread.

    When nobody reads any more (the orchestrator was killed), the run is ended as by SIGTERM: what runs comes
    to its end, nothing new begins.
    """
    lock, orphaned = threading.Lock(), threading.Event()

    def write(event: Event) -> None:
        text = "".join(f"{line}\n" for line in ([json.dumps(event)] if as_json else lines(event)))
        with lock:
            if orphaned.is_set():
                return
            try:
                file.write(text)
                file.flush()
            except BrokenPipeError:
                orphaned.set()
                os.kill(os.getpid(), signal.SIGTERM)

    return write
