"""What a roll has done, host by host: one JSON line before each step and one after it, in ``<state>/roll``.

A line is on the disk before the step that it announces begins. So after a kill at any moment each host is
known to be untouched, finished, or in a step that nobody saw the end of; the next run begins with the latter.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from rackwright.errors import RackwrightError

Phase = Literal["draining", "changing", "proving", "returning", "done", "skipped", "failed"]
FINISHED: tuple[Phase, ...] = ("done", "skipped")


@dataclass(eq=False)
class Damaged(RackwrightError):
    """A journal that is not what was written. Nothing was changed."""

    path: Path
    found: str

    exit_code = 3

    def __post_init__(self) -> None:
        super().__init__(str(self))

    def __str__(self) -> str:
        return (
            f"{self.path}: journal damaged: {self.found}; nothing was changed; look at it, "
            "then move it away: a new roll finds by itself what is done, but not which hosts are drained"
        )


@dataclass(frozen=True, slots=True)
class Order:
    """What a roll is: the same order goes on with the same journal."""

    target: str
    """Digest of everything that the roles depend on."""
    lock: str
    roles: tuple[str, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """The last that is known of one host."""

    phase: Phase
    at: str
    step: str = ""
    """Where it failed: reach, drain, roles, gate, return, look, or cut (nobody saw the end of its step)."""
    why: str = ""
    drained: bool = False
    """Whether it was taken out of service and not put back."""
    boot: str = ""
    """Boot id when the step began."""


@dataclass(slots=True)
class Run:
    """A journal as read."""

    path: Path
    order: Order
    batches: tuple[tuple[str, ...], ...]
    hosts: dict[str, Entry] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.stem

    def of(self, *phases: Phase) -> list[str]:
        """Hosts by what is known of them, by name."""
        return sorted(name for name, entry in self.hosts.items() if entry.phase in phases)

    @property
    def unfinished(self) -> dict[str, Entry]:
        """Hosts that failed, and those in a step whose end nobody saw, as failures too."""
        left = {name: entry for name, entry in self.hosts.items() if entry.phase not in FINISHED}
        return {name: entry if entry.phase == "failed" else _cut(entry) for name, entry in left.items()}

    @property
    def complete(self) -> bool:
        """Every host that was planned is finished."""
        finished = set(self.of(*FINISHED))
        return all(name in finished for batch in self.batches for name in batch)


def _cut(entry: Entry) -> Entry:
    why = f"the roll was killed while it was {entry.phase}"
    return replace(entry, phase="failed", step="cut", why=why)


def folder(state: Path) -> Path:
    """Where a cluster's rolls are kept; names sort by time."""
    return state / "roll"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def latest(state: Path) -> Run | None:
    """The last roll that was begun.

    :raises Damaged: a line that is not the last cannot be read.
    """
    for path in sorted(folder(state).glob("*.jsonl"), reverse=True):
        found = read(path)
        if found is not None:
            return found
    return None


def read(path: Path) -> Run | None:
    """One journal; None where not even its first line was written whole."""
    run: Run | None = None
    for number, line in enumerate(_lines(path), start=1):
        try:
            data = json.loads(line)
            if run is None:
                run = _begun(path, data)
            elif "host" in data:
                entry = Entry(**{key: value for key, value in data.items() if key != "host"})
                if entry.phase not in get_args(Phase):
                    raise ValueError(f"no phase {entry.phase!r}")
                run.hosts[data["host"]] = entry
            elif "batches" in data:
                run.batches = tuple(tuple(batch) for batch in data["batches"])
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged(path, f"line {number}: {error}") from error
    return run


def _lines(path: Path) -> list[bytes]:
    """Whole lines: one that a kill cut short announced a step that never began."""
    return path.read_bytes().split(b"\n")[:-1]


def _begun(path: Path, data: Mapping[str, Any]) -> Run:
    order = data["order"]
    lists = {key: tuple(order[key]) for key in ("roles", "hosts")}
    return Run(path, Order(order["target"], order["lock"], **lists), ())


def _rows(entries: Mapping[str, Entry]) -> list[dict[str, Any]]:
    return [{"host": name, **asdict(entry)} for name, entry in sorted(entries.items())]


class Journal:
    """Appends; each call returns when its lines are safe on the disk."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._descriptor, len(b"".join(line + b"\n" for line in _lines(path))))
        self._broken: OSError | None = None

    @classmethod
    def begin(cls, state: Path, order: Order, left: Mapping[str, Entry]) -> Journal:
        """A new one, named by time. ``left``: what the last roll did not finish; none is forgotten."""
        name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        journal = cls(folder(state) / f"{name}.jsonl")
        journal._append([{"order": asdict(order), "at": now()}, *_rows(left)])
        return journal

    def batches(self, batches: Iterable[Iterable[str]]) -> None:
        """The plan; a later one replaces it."""
        self._append([{"batches": [list(batch) for batch in batches], "at": now()}])

    def put(self, entries: Mapping[str, Entry]) -> None:
        """What is known of some hosts now."""
        self._append(_rows(entries))

    def _append(self, rows: list[dict[str, Any]]) -> None:
        if self._broken is not None:
            # A line was cut short (disk full): nothing may follow it, and nothing may be done unrecorded.
            raise OSError(f"journal cannot be written: {self._broken}")
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
        except OSError as error:
            self._broken = error
            raise

    def close(self) -> None:
        os.close(self._descriptor)
