"""Asking systemd-networkd for something while it may still be starting: patience with an end.

Shortly after a boot, on a machine that is busy, networkd is not on the bus yet and ``networkctl`` ends with
an error ("Connection timed out", "Could not activate remote peer"); a moment later the same words do.
"""

from __future__ import annotations

import asyncio

from rackwright.errors import WorldRefused
from rackwright.ssh import Session

WAIT_SECONDS = 90.0
"""systemd's own limit for a service to start (DefaultTimeoutStartSec, systemd-system.conf(5))."""
PAUSE_SECONDS = 1.0
REFUSALS = 3
"""So often must networkd say no while it runs, before that is its answer."""
RUNS = "active"
_STATE = ("systemctl", "show", "-p", "ActiveState", "--value", "systemd-networkd.service")


async def networkctl(session: Session, *words: str) -> None:
    """``networkctl <words>``, again until networkd has started and takes it.

    :raises WorldRefused: it does not start in time, has given up, or says no while it runs.
    """
    loop = asyncio.get_running_loop()
    end, refusals, step = loop.time() + WAIT_SECONDS, 0, f"networkctl {words[0]}"
    while True:
        done = await session.run(["networkctl", *words])
        if done.rc == 0:
            return
        state = (await session.run(_STATE)).out.strip() or "unknown"
        refusals += state == RUNS
        if refusals >= REFUSALS or state == "failed" or loop.time() > end:
            said = " ".join((done.err or done.out).split()) or "nothing"
            raise WorldRefused(
                session.door.name,
                step,
                f"{' '.join(words)} ended with {done.rc}: {said[-500:]}; systemd-networkd is {state}",
                "look at its journal: journalctl -u systemd-networkd",
            )
        await asyncio.sleep(PAUSE_SECONDS)
