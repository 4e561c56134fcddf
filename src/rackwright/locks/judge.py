"""Everything about a joined lock that its model cannot say: names that must exist, and every rule."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.errors import Problem
from rackwright.load.catalog import tables
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import open_document
from rackwright.locks.components import Component, components
from rackwright.locks.kinds import Breach, Facts, breaches
from rackwright.locks.parts import Joined, file_of
from rackwright.locks.rules import rules
from rackwright.paths import home


def judge(joined: Joined) -> list[Problem]:
    """What is wrong with a lock; rules are asked of one whose rows are right by themselves.

    :raises BadInput: a table of the catalog is wrong.
    """
    before = len(joined.problems)
    known = components()
    gpus = tables(home()).gpus
    for name in joined.rows:
        _component(joined, name, known)
    for number, gpu in enumerate(joined.data.get("gpus") or ()):
        if isinstance(gpu, str) and gpu not in gpus:
            hint = did_you_mean(gpu, gpus)
            joined.say(("gpus", number), "a row of catalog/gpus.yaml", hint, found=repr(gpu))
    _previous(joined)
    _artifacts(joined)
    _repository(joined)
    if joined.lock is not None:
        facts = Facts(known, {name: gpu.vendor for name, gpu in gpus.items()})
        for name, rule in rules().items():
            for breach in breaches(rule, joined.lock, facts):
                _say(joined, breach, f"{rule.why} (rule {name})")
    found = joined.problems[before:]
    del joined.problems[before:]
    return found


def _say(joined: Joined, breach: Breach, hint: str) -> None:
    path, found, at_key = breach.path, breach.found, breach.at_key
    if breach.lacks in joined.taken:
        path, found, at_key = ("rows", breach.lacks), "null", True
    joined.say(path, breach.expected, hint, found=found, at_key=at_key)


def _repository(joined: Joined) -> None:
    """Where packages come from is said in the words of the distribution's package manager."""
    if joined.lock is None:
        return
    system = joined.lock.os.id
    wanted, other = ("apt", "dnf") if system in ("debian", "ubuntu") else ("dnf", "apt")
    if getattr(joined.lock, wanted) is None:
        joined.say(("os", "id"), f"a key {wanted} beside it", found=f"{system} alone")
    if getattr(joined.lock, other) is not None:
        joined.say((other,), f"no such key for {system}", found=f"key {other}", at_key=True)


def _component(joined: Joined, name: str, known: Mapping[str, Component]) -> None:
    if name not in known:
        hint = did_you_mean(name, known)
        joined.say(("rows", name), "a row of catalog/components.yaml", hint, found=f"row {name}", at_key=True)
        return
    flavours, flavour = known[name].flavours, joined.rows[name].flavour
    if flavours and flavour is None:
        joined.say(("rows", name), f"a flavour: {' or '.join(flavours)}", found="none", at_key=True)
    elif flavour is not None and flavour not in flavours:
        expected = " or ".join(flavours) if flavours else "no flavour: there is one build only"
        joined.say(("rows", name, "flavour"), expected)


def _artifacts(joined: Joined) -> None:
    """A table that a row names is there, and is for the version that the row reports."""
    tables = {path.stem: path for path in (home() / "catalog" / "artifacts").glob("*.yaml")}
    for name, row in joined.rows.items():
        if row.artifacts is None:
            continue
        if row.artifacts not in tables:
            hint = did_you_mean(row.artifacts, tables)
            joined.say(("rows", name, "artifacts"), "a file of catalog/artifacts/", hint)
        elif (version := open_document(tables[row.artifacts]).data.get("version")) != row.reports:
            joined.say(("rows", name, "artifacts"), f"a table for {row.reports}; this one is for {version}")


def _previous(joined: Joined) -> None:
    """The lock that machines come from exists and is not this one."""
    name = joined.doc.data.get("previous") if isinstance(joined.doc.data, dict) else None
    if not isinstance(name, str):
        return
    if name == joined.data.get("name"):
        joined.say(("previous",), "another lock")
    elif file_of(name, joined.path) is None:
        hint = did_you_mean(name, (path.stem for path in (home() / "catalog" / "locks").glob("*.yaml")))
        joined.say(("previous",), "a file of catalog/locks/", hint)
