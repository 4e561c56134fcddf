"""What has happened since the state was last written: one JSON line before and one after every act.

A line is on the disk before the act that it announces begins. So after a kill at any moment it is known what
may be half done: an act with a beginning and no end. Lines written at the same time share one fsync.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rackwright.engine.state import Damaged, Record, State, beside, record


class Journal:
    """Appends to ``path``; each call returns when its line is safe."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._path = path
        self._write_lock, self._sync_lock = threading.Lock(), threading.Lock()
        self._written = self._synced = 0
        self._broken: OSError | None = None

    def begin(self, act: str, item: Record) -> None:
        """An act is about to touch the world. ``item`` is what it works on."""
        self._append({"begin": act, "record": asdict(item)})

    def put(self, item: Record) -> None:
        """The resource is now as in ``item``."""
        self._append({"put": asdict(item)})

    def remove(self, urn: str) -> None:
        """The resource is gone."""
        self._append({"remove": urn})

    def failed(self, urn: str) -> None:
        """A create has failed and left nothing."""
        self._append({"failed": urn})

    def outputs(self, values: dict[str, Any]) -> None:
        """The stack's outputs."""
        self._append({"outputs": values})

    def _append(self, line: dict[str, Any]) -> None:
        data = (json.dumps(line) + "\n").encode()
        with self._write_lock:
            if self._broken is not None:
                # A line was cut short (disk full): nothing may follow it, and nothing may be done unrecorded.
                raise OSError(f"journal cannot be written: {self._broken}")
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError as error:
                self._broken = error
                raise
            self._written += 1
            mine = self._written
        with self._sync_lock:
            if self._synced < mine:
                reached = self._written
                os.fsync(self._descriptor)
                self._synced = reached

    def close(self, keep: bool) -> None:
        """Close; remove the file unless ``keep`` (its content is in the state now)."""
        os.close(self._descriptor)
        if not keep:
            self._path.unlink(missing_ok=True)


def replay(path: Path, state: State) -> int:
    """Apply a journal that an interrupted run left to ``state``.

    :returns: how many acts were begun and not seen to end.
    :raises Damaged: a line that is not the last cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return 0
    open_acts: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            _apply(json.loads(line), state, open_acts)
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):
                break  # cut short by the kill: the act that it announces never began
            state_file = path.with_name(path.name.removesuffix(".journal"))
            raise Damaged(path, f"line {number}: {error}", beside(state_file, ".backup")) from error
    return len(open_acts)


def _apply(line: dict[str, Any], state: State, open_acts: dict[str, str]) -> None:
    if "begin" in line:
        item = record(line["record"])
        known = state.resources.get(item.urn)
        if line["begin"] == "create" and (known is None or known.lost_create):
            state.resources[item.urn] = replace(item, unfinished="create")
        elif known is not None:
            state.resources[item.urn] = replace(known, unfinished=line["begin"])
        open_acts[item.urn] = line["begin"]
    elif "put" in line:
        item = record(line["put"])
        state.resources[item.urn] = item
        open_acts.pop(item.urn, None)
    elif "remove" in line or "failed" in line:
        urn = line.get("remove") or line["failed"]
        state.resources.pop(urn, None)
        open_acts.pop(urn, None)
    else:
        state.outputs = line["outputs"]
