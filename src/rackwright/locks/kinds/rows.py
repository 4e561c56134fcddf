"""Kinds of rules about rows: their versions, which are there, which are not."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.load.secrecy import Path
from rackwright.locks import rules
from rackwright.locks.kinds.breach import Breach, Facts, at
from rackwright.locks.model import HostLock
from rackwright.locks.versions import Version, agrees


def same(rule: rules.Same, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """One version in all of these rows."""
    del facts
    there = [name for name in rule.rows if name in lock.rows]
    for name in there[1:]:
        wanted, found = lock.rows[there[0]].reports, lock.rows[name].reports
        if found != wanted:
            yield at(name, "reports", lock.rows[name], f"{wanted or 'none'}, as {there[0]} reports")


def range_(rule: rules.Range, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """A version between two."""
    del facts
    row = lock.rows.get(rule.row)
    if row is None:
        return
    key = "reports" if row.reports is not None else "minimum"
    known = row.reports or row.minimum
    bounds = [f"{rule.least} or later"] if rule.least else []
    expected = " and ".join([*bounds, f"below {rule.below}"] if rule.below else bounds)
    if known is None:
        yield at(rule.row, "reports", row, expected)
        return
    version = Version(Version(known).upstream)
    early = rule.least is not None and version < Version(rule.least)
    late = rule.below is not None and key == "reports" and version >= Version(rule.below)
    if early or late:
        yield at(rule.row, key, row, expected)


def needs(rule: rules.Needs, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """A row that must be there."""
    del facts
    row = lock.rows.get(rule.row)
    asking = next(iter([*rule.when.rows, *rule.when.flavours]), None)
    because = f" beside {asking}" if asking else f" for {', '.join(lock.gpus)}"
    if row is None:
        path: Path = ("rows", asking) if asking else ("gpus",)
        yield Breach(path, f"a row {rule.row}{because}", "none", asking is not None, lacks=rule.row)
    elif rule.flavour is not None and row.flavour != rule.flavour:
        yield at(rule.row, "flavour", row, f"{rule.flavour}{because}")


def excludes(rule: rules.Excludes, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """A row that must not be there."""
    del facts
    if rule.row in lock.rows:
        asking = ", ".join([*rule.when.rows, *rule.when.flavours])
        beside = f"beside {asking}" if asking else f"for {', '.join(lock.gpus)}"
        yield Breach(("rows", rule.row), f"no such row {beside}", f"row {rule.row}", at_key=True)


def serves(rule: rules.Serves, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """A version in the range that another row serves."""
    del facts
    row, of = lock.rows.get(rule.row), lock.rows.get(rule.of)
    if row is None or of is None or row.reports is None or of.reports is None:
        return
    serving = next((r for begin, r in rule.ranges.items() if agrees(row.reports, begin)), None)
    if serving is None:
        yield at(rule.row, "reports", row, f"a version from {', '.join(rule.ranges)}")
        return
    oldest, newest = serving
    if Version(of.reports) < Version(oldest) or not (
        Version(of.reports) < Version(newest) or agrees(of.reports, newest)
    ):
        yield at(rule.of, "reports", of, f"{oldest} to {newest}, which {rule.row} {row.reports} serves")


def vendor(rule: rules.Vendor, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """Rows for the vendor of the lock's GPUs only."""
    del rule
    vendors = {facts.vendors[gpu] for gpu in lock.gpus if gpu in facts.vendors}
    for name in lock.rows:
        component = facts.components.get(name)
        if component and component.vendor and vendors and component.vendor not in vendors:
            whose = " and ".join(sorted(vendors))
            yield Breach(("rows", name), f"rows for GPUs of {whose}", f"row {name}", at_key=True)
