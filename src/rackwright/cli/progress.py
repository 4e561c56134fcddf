"""A bar for work in equal steps; plain silence where it is short, plain lines where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_LINES = 10
"""Lines that long work prints where there is no terminal."""


@contextmanager
def progress(what: str, steps: int, shown: bool = True) -> Iterator[Callable[[], None]]:
    """Gives the function to call after each step. Writes to stderr, so that ``--json`` stays JSON."""
    console = Console(file=sys.stderr)
    if not shown:
        yield lambda: None
        return
    if not console.is_terminal:
        done = 0

        def line() -> None:
            nonlocal done
            done += 1
            if done * _LINES // steps > (done - 1) * _LINES // steps:
                print(f"{what}: {done} of {steps}", file=sys.stderr, flush=True)

        yield line
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=steps)
        yield lambda: bar.advance(task)
