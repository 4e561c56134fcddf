"""``rackwright roll``: bring hosts to the lock, batch by batch. Start reading a roll here.

Each batch is reached, drained, changed, proven and returned; a host that fails a step takes no further one
and stays as it is, drained. When so many have failed as may, the batch still comes to its end and no other
begins.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rackwright import hostkeys, paths
from rackwright.lock import Lock
from rackwright.pipeline import Planned
from rackwright.roll import leftover
from rackwright.roll.batch import carry_out
from rackwright.roll.book import Book, Tell
from rackwright.roll.change import Roles, change
from rackwright.roll.gate import Gate
from rackwright.roll.journal import Entry, Journal, Order, Run, latest, now
from rackwright.roll.outcome import Ended, Outcome
from rackwright.roll.plan import Host, batches
from rackwright.roll.wishes import Wishes, ordered
from rackwright.up.shards import shard_of

Plan = list[tuple[str, ...]]


def roll(planned: Planned, wishes: Wishes, tell: Tell) -> Outcome:
    """Carry it out, or go on with one that was stopped or killed.

    :raises UsageError: a host, role or command that there is not.
    :raises Locked: another run works on this cluster.
    :raises Damaged: the journal of the last roll cannot be read.
    """
    order = ordered(planned, wishes)
    state = paths.state_dir(planned.design.name)
    with Lock(state / "lock", f"cluster {planned.design.name}") as lock:
        if lock.note:
            tell({"event": "log", "text": f"lock taken over: {lock.note}"})
        return asyncio.run(_Roll(planned, wishes, order, state, tell).all())


class _Roll:
    """One invocation."""

    def __init__(self, planned: Planned, wishes: Wishes, order: Order, state: Path, tell: Tell) -> None:
        self._planned, self._wishes, self._order, self._state = planned, wishes, order, state
        self._last = latest(state)
        self._book = Book(tell, self._last.unfinished if self._last else {})
        self._roles = Roles(planned, order.roles, wishes.reboot_seconds)
        self._gate = Gate(planned)
        self._stop = asyncio.Event()

    async def all(self) -> Outcome:
        """Plan, batches, outcome."""
        await leftover.wait(hostkeys.known_hosts(self._state))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError, RuntimeError):  # not the main thread: a test
                loop.add_signal_handler(number, self._interrupted, number)
        order, last, book = self._order, self._last, self._book
        same = last if last is not None and last.order == order and not last.complete else None
        book.event("begin", lock=order.lock, hosts=len(order.hosts), resumed=same is not None)
        plan = await (self._resume(same) if same else self._new())
        book.event("plan", batches=[list(batch) for batch in plan])
        ended = Ended.CHECKED if self._wishes.check else await self._batches(plan)
        if book.journal:
            book.journal.close()
        mine = {name: entry for name, entry in book.before.items() if name in order.hosts}
        hosts = {**mine, **book.hosts}
        left = [name for batch in plan for name in batch if name not in hosts]
        return Outcome(self._planned.design.name, ended, hosts, tuple(plan), tuple(left), book.failures)

    def _interrupted(self, number: int) -> None:
        """The first time: end after this batch. The second time: now; what was begun is in the journal."""
        if self._stop.is_set():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.raise_signal(signal.SIGINT)
        self._stop.set()
        self._book.event("log", text="interrupted: this batch comes to its end; once more: stop at once")

    async def _new(self) -> Plan:
        """Look at every host: one with nothing to change is done. What was left unfinished comes first."""
        book = self._book
        others = [name for name in self._order.hosts if name not in book.before]
        looked = await change(self._roles, book.step("look", others), True, book.progress) if others else {}
        if not self._wishes.check:
            book.journal = Journal.begin(self._state, self._order, book.before)
        todo = [name for name in others if looked[name].changed or looked[name].failed]
        why = "nothing to change, and no reboot is needed"
        book.put({name: Entry("skipped", now(), why=why) for name in others if name not in set(todo)})
        for name in todo:
            tasks = [task["task"] for task in looked[name].tasks]
            book.event("todo", host=name, tasks=tasks, failed=looked[name].failed)
        plan = batches(self._places(todo), len(self._order.hosts), self._wishes.sizes)
        found = self._first([], list(plan))
        if book.journal:
            book.journal.batches(found)
        return found

    async def _resume(self, last: Run) -> Plan:
        """Go on: what failed or was cut short first, then what was planned. What is finished is looked at."""
        book = self._book
        finished = last.of("done", "skipped")
        wrong = await self._gate.wrong(book.step("look", finished), 0)
        if not self._wishes.check:
            book.journal = Journal(last.path)
        book.hosts |= {name: last.hosts[name] for name in finished}
        sick = {name: f"it was finished and is not well: {wrong[name]}" for name in finished if wrong[name]}
        book.passed("look", sick)
        plan = [tuple(name for name in batch if name not in last.hosts) for batch in last.batches]
        return self._first(list(sick), [batch for batch in plan if batch])

    def _first(self, more: Sequence[str], plan: Plan) -> Plan:
        """Hosts that are out of service already cost nobody anything: they are one batch, the first."""
        again = [name for name in self._book.before if name in self._order.hosts]
        if self._wishes.skip_failed:
            again = [name for name in again if self._book.before[name].step == "cut"]
        first = tuple(sorted({*again, *more}))
        return [first, *plan] if first else plan

    async def _batches(self, plan: Plan) -> Ended:
        for number, batch in enumerate(plan, start=1):
            if self._book.failures >= self._wishes.max_failures:
                return Ended.STOPPED
            if self._stop.is_set():
                return Ended.INTERRUPTED
            self._book.event("batch", number=number, of=len(plan), hosts=list(batch))
            await carry_out(self._book, self._gate, self._roles, self._wishes, batch)
        return Ended.COMPLETE

    def _places(self, names: Sequence[str]) -> list[Host]:
        chosen = frozenset(names)
        servers = (server for server in self._planned.design.servers if server.name in chosen)
        return [Host(server.name, shard_of(server.unit), server.rack) for server in servers]
