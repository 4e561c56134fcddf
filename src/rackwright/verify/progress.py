"""Progress for people: a bar on a terminal, plain lines elsewhere, nothing when the output is JSON."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


class Progress:
    """Written to standard error, so that standard output stays the result."""

    def __init__(self, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet)
        self._bar: Bar | None = None
        self._total: int | None = None
        self._done = 0

    def begin(self, what: str, total: int | None) -> None:
        """A new stage of ``total`` steps (None: unknown)."""
        self.end()
        self._total, self._done = total, 0
        if not self._console.is_terminal:
            self._console.print(f"{what}: {total} machines" if total else what, highlight=False)
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = Bar(*columns, TimeElapsedColumn(), console=self._console, transient=True)
        self._bar.start()
        self._bar.add_task(what, total=total)

    def step(self, name: str, answered: bool) -> None:
        """One machine is done."""
        self._done += 1
        if not answered:
            self._console.print(f"  {name}: no answer ({self._done} of {self._total})", highlight=False)
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0])

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
