"""Progress of long work on standard error: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[..., None]
"""``advance(steps=1, note="")``"""


class Steps:
    """One bar for each piece of work; a context manager.

    >>> with Steps() as steps, steps.of("cables", 12) as advance:      # doctest: +SKIP
    ...     advance(3, "leaf-1")
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(file=sys.stderr)
        self._bars = Progress(
            TextColumn("{task.description:<22}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Steps:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def say(self, text: str) -> None:
        self.console.print(text, highlight=False)

    @contextmanager
    def of(self, what: str, total: int) -> Iterator[Advance]:
        """A piece of work of ``total`` steps."""
        if self.console.is_terminal:
            task = self._bars.add_task(what, total=total, note="")

            def advance(steps: int = 1, note: str = "") -> None:
                self._bars.update(task, advance=steps, note=note)

            yield advance
            self._bars.update(task, note="")
            return
        began = time.monotonic()
        self.say(f"{what} ...")

        def silent(steps: int = 1, note: str = "") -> None:
            return None

        yield silent
        self.say(f"{what}: done in {time.monotonic() - began:.1f} s")
