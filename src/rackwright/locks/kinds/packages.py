"""Kinds of rules about packages: their names, and whether their versions are full and fit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rackwright.load.secrecy import Path
from rackwright.locks import rules
from rackwright.locks.kinds.breach import Breach, Facts, at
from rackwright.locks.model import HostLock
from rackwright.locks.versions import Version
from rackwright.locks.versions import agrees as holds


def refuses(rule: rules.Refuses, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """Names of packages that are refused."""
    del facts
    for path, package, _ in _packages(lock):
        if any(re.fullmatch(pattern, package) for pattern in rule.packages):
            yield Breach(path, rule.instead, f"package {package}", at_key=True)


def branch(rule: rules.Branch, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """A version of the branch that the package's name says."""
    del facts
    for path, package, version in _packages(lock):
        match = re.match(rule.pattern, package)
        if match and not holds(version, match["branch"]):
            yield Breach(path, f"a version of branch {match['branch']}, as the package's name says")


def full(rule: rules.Full, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """Versions with their revision, and no bare branch."""
    del rule, facts
    for name, row in lock.rows.items():
        if row.reports is not None and row.reports.isdigit():
            yield at(name, "reports", row, "a full version, not a branch")
    for path, _, text in _packages(lock):
        version = Version(text)
        if version.upstream.isdigit() or not version.revision:
            yield Breach(path, "a full version with its revision")


def agrees(rule: rules.Agrees, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """Packages of the version that the row reports."""
    for name, row in lock.rows.items():
        component = facts.components.get(name)
        if row.reports is None or component is None or component.versions == "own":
            continue
        for package, version in row.packages.items():
            if package not in rule.but and not holds(version, row.reports):
                yield Breach(("rows", name, "packages", package), f"{row.reports}, as {name} reports")


def once(rule: rules.Once, lock: HostLock, facts: Facts) -> Iterator[Breach]:
    """No package in two rows."""
    del rule, facts
    first: dict[str, str] = {}
    for path, package, _ in _packages(lock):
        row = str(path[1])
        if first.setdefault(package, row) != row:
            yield Breach(path, "each package in one row", f"{package}, also in {first[package]}", at_key=True)


def _packages(lock: HostLock) -> Iterator[tuple[Path, str, str]]:
    for name, row in lock.rows.items():
        for package, version in row.packages.items():
            yield ("rows", name, "packages", package), package, version
