"""The process that ansible-runner runs in: an order on standard input, progress and outcome as JSON lines.

SIGTERM, or the end of the parent, ends the playbook as well.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from rackwright.resources.ansible_run import Order, run_here

_WATCH_SECONDS = 1.0


def main() -> None:
    """Read one order, carry it out, write one outcome."""
    given = json.load(sys.stdin)
    paths = {key: Path(given[key]) for key in ("inventory", "key", "known_hosts")}
    order = Order(**{**given, **paths})
    # Runner and its plugins may print: only our own lines may reach the parent.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    mutex, stop = threading.Lock(), threading.Event()

    def say(message: dict[str, object]) -> None:
        try:
            with mutex:
                out.write(json.dumps(message) + "\n")
                out.flush()
        except BrokenPipeError:
            stop.set()

    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    threading.Thread(target=_watch_parent, args=(os.getppid(), stop), daemon=True).start()
    outcome = run_here(order, lambda text: say({"tell": text}), stop)
    say(
        {
            "hosts": {host: asdict(result) for host, result in outcome.hosts.items()},
            "problem": outcome.problem,
        }
    )


def _watch_parent(parent: int, stop: threading.Event) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    stop.set()


if __name__ == "__main__":
    main()
