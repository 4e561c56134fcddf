"""Ends the run that it is loaded in with SIGKILL: at the start of its n-th task, or some seconds into it.

``KILL_AT_TASK``   the task, counted from 1
``KILL_AT_AFTER``  seconds after its start; 0: before it does anything
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: kill_at
type: notification
short_description: ends its own run with SIGKILL at a task
description: For tests that want to know what a killed run leaves.
"""


class CallbackModule(CallbackBase):
    """Counts tasks."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "kill_at"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._task = int(os.environ.get("KILL_AT_TASK", "0"))
        self._after = float(os.environ.get("KILL_AT_AFTER", "0"))
        self._seen = 0

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._seen += 1
        if self._seen != self._task:
            return
        if self._after == 0:
            _die()
        threading.Thread(target=_later, args=(self._after,), daemon=True).start()


def _later(seconds):
    time.sleep(seconds)
    _die()


def _die():
    """All of it: workers are sessions of their own, and would outlive their parent's group."""
    for pid in _descendants(os.getpid()):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _descendants(pid):
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += [*_descendants(int(child)), int(child)]
    return found
