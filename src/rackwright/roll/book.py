"""What a roll knows of each host while it runs: told and written to the journal before a step begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rackwright.roll.journal import Entry, Journal, Phase, now

Tell = Callable[[Mapping[str, Any]], None]
"""Takes events: begin, step, todo, plan, batch, progress, host, log."""


class Book:
    """Hosts by name, with the failures of this invocation."""

    def __init__(self, tell: Tell, before: Mapping[str, Entry]) -> None:
        self._tell = tell
        self.before = before
        """What the last roll left unfinished."""
        self.hosts: dict[str, Entry] = {}
        self.failures = 0
        self.journal: Journal | None = None
        """None: nothing is done, so that nothing is written."""

    def known(self, name: str) -> Entry | None:
        """The last that is known of a host."""
        return self.hosts.get(name) or self.before.get(name)

    def put(self, entries: Mapping[str, Entry]) -> None:
        """On the disk first."""
        if self.journal and entries:
            self.journal.put(entries)
        self.hosts |= entries

    def begin(self, phase: Phase, hosts: Sequence[str], boots: Mapping[str, str], drains: bool) -> None:
        """A step that now begins. ``drains``: it, or one before it, takes hosts out of service."""
        entries = {}
        for name in hosts:
            before = self.known(name)
            drained = drains or (before is not None and before.drained)
            entries[name] = Entry(phase, now(), drained=drained, boot=boots[name])
        self.put(entries)

    def passed(self, step: str, reasons: Mapping[str, str]) -> list[str]:
        """Those without a reason against them; the others have failed."""
        for name, why in sorted(reasons.items()):
            if why:
                self.fail(name, step, why)
        return sorted(name for name, why in reasons.items() if not why)

    def fail(self, name: str, step: str, why: str) -> None:
        """A host takes no further step, and stays in or out of service as it is."""
        self.failures += 1
        before = self.known(name)
        drained = before is not None and before.drained
        self.put({name: Entry("failed", now(), step=step, why=why, drained=drained)})
        self.event("host", host=name, phase="failed", step=step, why=why)

    def done(self, name: str, why: str, boot: str) -> None:
        """A host is at the lock, well, and in service."""
        self.put({name: Entry("done", now(), why=why, boot=boot)})
        self.event("host", host=name, phase="done", why=why)

    def step(self, step: str, hosts: list[str]) -> list[str]:
        """Say what begins; the same hosts."""
        if hosts:
            self.event("step", step=step, hosts=hosts)
        return hosts

    def progress(self, text: str) -> None:
        """What Ansible does now."""
        self.event("progress", text=text)

    def event(self, kind: str, **data: Any) -> None:  # noqa: ANN401 - whatever the event says
        """Tell the user."""
        self._tell({"event": kind, **data})
