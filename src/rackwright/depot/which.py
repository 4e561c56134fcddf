"""What a user means by a name: a cluster, a host lock or a table; and the tables that it leads to."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.depot.filled import earlier as before
from rackwright.depot.filled import named, wanted
from rackwright.depot.load import load_table, names
from rackwright.depot.place import this_arch
from rackwright.depot.table import Arch, Table
from rackwright.errors import UsageError
from rackwright.load.nearest import did_you_mean
from rackwright.locks import load_lock
from rackwright.locks.load import names as locks
from rackwright.locks.model import HostLock


@dataclass(frozen=True, slots=True)
class Meant:
    """What a name leads to."""

    tables: tuple[str, ...]
    """In the order in which they are filled: Kubernetes', then those of other rows, each after its helm's."""
    cluster: str | None = None
    """The cluster, where one was named: its charts are rendered."""
    helms: frozenset[str] = frozenset()
    """Tables that are here for their program ``helm`` alone, which runs on this machine."""

    def arch(self, table: str, asked: Arch | None) -> Arch:
        """For which processors a table is filled."""
        return this_arch() if asked is None or table in self.helms else asked


def meant_by(word: str | None) -> Meant:
    """The tables that a table's, a lock's or a cluster's name leads to.

    :param word: None: the catalog's only table.

    :raises UsageError: it leads to none.
    :raises BadInput: a file on the way is wrong.
    """
    if word is None:
        if len(names()) != 1:
            raise UsageError(f"say for which lock, cluster or table; tables: {', '.join(names())}")
        return Meant((names()[0],))
    if word in names():
        return Meant((word,))
    if word in locks():
        return of_lock(load_lock(word))
    found = of_lock(load_lock(_cluster(word)))
    return Meant(found.tables, word, found.helms)


def earlier(word: str | None) -> list[str]:
    """Tables of the locks that machines come from to a lock's or a cluster's, newest first; of a table none.

    :raises UsageError: the name leads to no lock.
    """
    if word is None or word in names():
        return []
    return before(word if word in locks() else _cluster(word))


def _cluster(word: str) -> str:
    """Name of a cluster's lock."""
    from rackwright.pipeline import plan  # only a cluster needs the pipeline, which is slow to import

    try:
        spec = plan(word).design.spec
    except UsageError as error:
        known = sorted({*names(), *locks()})
        raise UsageError(f"{error}; nor a lock or a table: {did_you_mean(word, known)}") from None
    return spec.lock


def needed(cluster: str) -> bool:
    """Whether a cluster's Kubernetes is made of tables' files.

    :raises UsageError: there is no such cluster.
    """
    from rackwright.pipeline import plan  # as above

    return bool(wanted(plan(cluster).spec))


def table_of(word: str | None) -> tuple[str, Table]:
    """Name and content of the one table that a name leads to.

    :raises UsageError: it leads to several, or to none.
    """
    found = meant_by(word).tables
    if len(found) != 1:
        raise UsageError(f"{word} has {len(found)} tables, name one of them: {', '.join(found)}")
    return found[0], load_table(found[0])


def of_lock(lock: HostLock) -> Meant:
    """The tables that a lock's rows name, and those whose helm they need.

    :raises UsageError: it names none.
    """
    found = named(lock)
    if not found:
        having = [name for name in locks() if any(row.artifacts for row in load_lock(name).rows.values())]
        raise UsageError(
            f"lock {lock.name} names no artifacts: its row kubernetes needs a key artifacts, a file of "
            f"catalog/artifacts/; locks that have one: {', '.join(having) or 'none'}; "
            f"tables: {', '.join(names())}"
        )
    helms = {helm for name in found if (helm := load_table(name).helm) is not None} - set(found)
    return Meant((*found, *sorted(helms)), None, frozenset(helms))
