"""What each kind of rule finds in a lock: one pure function for each, found by the rule's model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rackwright.locks import rules
from rackwright.locks.kinds import packages, rows
from rackwright.locks.kinds.breach import Breach, Facts
from rackwright.locks.model import HostLock

__all__ = ["Breach", "Facts", "breaches"]

_KINDS: Mapping[type, Callable[[Any, HostLock, Facts], Iterator[Breach]]] = {
    rules.Agrees: packages.agrees,
    rules.Branch: packages.branch,
    rules.Excludes: rows.excludes,
    rules.Full: packages.full,
    rules.Needs: rows.needs,
    rules.Once: packages.once,
    rules.Range: rows.range_,
    rules.Refuses: packages.refuses,
    rules.Same: rows.same,
    rules.Serves: rows.serves,
    rules.Vendor: rows.vendor,
}


def breaches(rule: rules.Rule, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """What breaks the rule; nothing where the rule is not about such a lock."""
    if rule.when.holds(lock):
        yield from _KINDS[type(rule)](rule, lock, facts)
