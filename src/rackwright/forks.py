"""Forks: the same work on many pieces, in worker processes that inherit what this process has built."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

R = TypeVar("R")
_act: Callable[[int], Any] | None = None


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def fork_map(act: Callable[[int], R], count: int, workers: int) -> Iterator[R]:
    """``act`` of 0 to ``count`` - 1, in that order. Results travel pickled; ``act`` and its data stay.

    :param workers: 1: no process is started.
    :raises concurrent.futures.process.BrokenProcessPool: a worker was killed.
    """
    if workers <= 1 or count <= 1:
        yield from map(act, range(count))
        return
    global _act
    _act = act
    gc.freeze()  # a collection in a worker would copy every page that it shares with us
    try:
        with ProcessPoolExecutor(min(workers, count), get_context("fork")) as pool:
            waiting: list[Future[Any]] = [pool.submit(_run, number) for number in range(count)]
            waiting.reverse()
            while waiting:
                yield waiting.pop().result()
    finally:
        _act = None
        gc.unfreeze()


def _run(number: int) -> Any:  # noqa: ANN401 - whatever act gives
    assert _act is not None  # noqa: S101 - set before the fork
    return _act(number)
