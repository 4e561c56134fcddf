"""What runs on each machine: asks a list of questions side by side, probes, and prints one JSON record.

This file is shipped over SSH's standard input together with :mod:`prober` and runs on the system's Python
(3.9 or newer): standard library only, nothing is installed and nothing is left behind. A question that
hangs costs its own time limit and no more.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any


def ask(command: str, limit: float) -> dict[str, Any]:
    """Run one shell command; ``{"rc", "out", "err"}``; rc is None when it did not end in time."""
    process = subprocess.Popen(  # noqa: S603 - the commands are constants of ours (questions.py), quoted there
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": os.environ.get("HOME", "/root"),
        },
    )
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        # Not waited for: a process stuck in the kernel (a dead mount) would hold the whole record.
        os.killpg(process.pid, signal.SIGKILL)
        return {"rc": None, "out": "", "err": f"no answer in {limit:g} s"}
    return {
        "rc": process.returncode,
        "out": out.decode("utf-8", "replace"),
        "err": err.decode("utf-8", "replace")[-2000:],
    }


def main(plan: dict[str, Any], probe: Callable[[list[Any], float], dict[int, Any]]) -> None:
    """Answer ``plan``: questions {name: [command, limit]}, probes, deadline (seconds); print the record."""
    begun = time.monotonic()
    deadline = begun + plan["deadline"]
    record: dict[str, Any] = {"answers": {}, "probes": {}, "clock": None, "seconds": None}

    def work(name: str, command: str, limit: float) -> None:
        record["answers"][name] = ask(command, min(limit, max(0.1, deadline - time.monotonic())))

    threads = [
        threading.Thread(target=work, args=(name, command, limit), daemon=True)
        for name, (command, limit) in plan["questions"].items()
    ]
    for thread in threads:
        thread.start()
    if plan["probes"]:
        try:
            record["probes"] = probe(plan["probes"], deadline - 1)
        except OSError as error:
            record["probe_error"] = str(error)
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    record["clock"] = time.time()
    record["seconds"] = round(time.monotonic() - begun, 3)
    json.dump(record, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # threads that still wait for a stuck command must not hold the connection
