"""Is a transfer worth waiting for? A server that gives a byte now and then never runs into a read's
deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rackwright.engine.download import OnBytes, Unreachable

WINDOW_SECONDS = 30.0
LEAST = 16 * 1024
"""Bytes per second; less over a whole window counts as no answer. 64 kbit/s fetches no cluster in a day."""


class Pace:
    """Hands progress on, and ends a transfer that crawls; call it with what is there and what there will
    be.
    """

    def __init__(
        self,
        url: str,
        tell: OnBytes,
        window: float = WINDOW_SECONDS,
        least: int = LEAST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._tell, self._window, self._least, self._clock = url, tell, window, least, clock
        self._since, self._had = clock(), -1

    def __call__(self, have: int, total: int) -> None:
        """:raises Unreachable: it is too slow; what has arrived is kept."""
        now = self._clock()
        if self._had < 0:
            self._had = have
        elapsed = now - self._since
        if elapsed >= self._window:
            speed = (have - self._had) / elapsed
            if speed < self._least:
                raise Unreachable(
                    f"{self._url}: {speed / 1024:.1f} KiB/s, expected at least {self._least / 1024:.0f}; "
                    f"the next try continues after {have} bytes"
                )
            self._since, self._had = now, have
        self._tell(have, total)
