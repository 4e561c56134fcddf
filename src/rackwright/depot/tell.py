"""Progress of a filling: bars on a terminal, plain lines every few seconds elsewhere, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

EVERY_SECONDS = 20.0
"""Between two plain lines of one piece of work: a pipeline's log shows that it lives, and stays readable."""
MIB = 1 << 20


class Tell:
    """Says what is being done; a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(file=sys.stderr)
        self._bars = Progress(
            TextColumn("{task.description:<30}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Tell:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def work(self, what: str) -> Iterator[Work]:
        """A piece of work whose length is not known beforehand."""
        task = self._bars.add_task(what, total=None, note="") if self.console.is_terminal else None
        work = Work(self, what, self._bars, task)
        try:
            yield work
        finally:
            if task is not None:
                self._bars.remove_task(task)


class Work:
    """One piece of work."""

    def __init__(self, tell: Tell, what: str, bars: Progress, task: TaskID | None) -> None:
        self._tell, self._what, self._bars, self._task = tell, what, bars, task
        self._began = self._said = time.monotonic()
        self._lines = 0

    def bytes(self, have: int, total: int) -> None:
        """So many bytes are there of so many (0: nobody says)."""
        of = f" of {total / MIB:.1f}" if total else ""
        self._note(f"{have / MIB:.1f}{of} MiB", have, total)

    def line(self, text: str) -> None:
        """A compiler has named the package that it works on."""
        self._lines += 1
        self._note(f"{self._lines} packages, now {text[:60]}", 0, 0)

    def _note(self, note: str, done: int, total: int) -> None:
        if self._task is not None:
            self._bars.update(
                self._task, description=self._what, completed=done, total=total or None, note=note
            )
            return
        now = time.monotonic()
        if now - self._said >= EVERY_SECONDS:
            self._said = now
            self._tell.say(f"{self._what}: {note}, {now - self._began:.0f} s")
