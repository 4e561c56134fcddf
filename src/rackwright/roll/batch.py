"""One batch: reached, drained, changed, proven, returned; each step with those that the last one left."""

from __future__ import annotations

from collections.abc import Sequence

from rackwright.roll import hooks
from rackwright.roll.book import Book
from rackwright.roll.change import Roles, change
from rackwright.roll.gate import Gate
from rackwright.roll.wishes import Wishes


async def carry_out(book: Book, gate: Gate, roles: Roles, wishes: Wishes, batch: Sequence[str]) -> None:
    """All steps. A host that fails one takes no further one."""
    drains = bool(wishes.drain)
    found = await gate.boots(book.step("reach", list(batch)))
    hosts = book.passed("reach", {name: why for name, (_, why) in found.items()})
    boots = {name: boot for name, (boot, _) in found.items()}

    book.begin("draining", hosts, boots, drains)
    if wishes.drain:
        answers = await hooks.call_all(wishes.drain, book.step("drain", hosts), wishes.drain_seconds)
        hosts = book.passed("drain", answers)

    book.begin("changing", book.step("roles", hosts), boots, drains)
    results = await change(roles, hosts, False, book.progress) if hosts else {}
    hosts = book.passed("roles", {name: results[name].failed for name in hosts})

    book.begin("proving", book.step("gate", hosts), boots, drains)
    hosts = book.passed("gate", await gate.wrong(hosts, wishes.gate_seconds))

    book.begin("returning", hosts, boots, drains)
    if wishes.back:
        answers = await hooks.call_all(wishes.back, book.step("return", hosts), wishes.drain_seconds)
        hosts = book.passed("return", answers)

    after = await gate.boots(hosts)
    for name in hosts:
        rebooted = after[name][0] not in ("", boots[name])
        book.done(
            name, f"{results[name].changed} changes" + (", rebooted" if rebooted else ""), after[name][0]
        )
