"""What a user means by a name: a cluster, a host lock or a table; and the tables that it leads to."""

from __future__ import annotations

from rackwright.depot.load import load_table, names
from rackwright.depot.table import Table
from rackwright.errors import UsageError
from rackwright.load.nearest import did_you_mean
from rackwright.locks import load_lock
from rackwright.locks.lineage import lineage
from rackwright.locks.load import names as locks
from rackwright.locks.model import HostLock

ROW = "kubernetes"
"""Row of a host lock that may name a table."""


def table_of(word: str | None) -> tuple[str, Table]:
    """Name and content of the table that a table's, a lock's or a cluster's name leads to.

    :param word: None: the catalog's only table.

    :raises UsageError: it leads to none.
    :raises BadInput: a file on the way is wrong.
    """
    if word is None:
        if len(names()) != 1:
            raise UsageError(f"say for which lock, cluster or table; tables: {', '.join(names())}")
        return names()[0], load_table(names()[0])
    if word in names():
        return word, load_table(word)
    if word in locks():
        return _of_lock(load_lock(word))
    return _of_lock(_cluster(word))


def earlier(word: str | None) -> list[str]:
    """Tables of the locks that machines come from to a lock's or a cluster's, newest first; of a table none.

    :raises UsageError: the name leads to no table.
    :raises BadInput: a file on the way is wrong.
    """
    own, _ = table_of(word)
    if word is None or word in names():
        return []
    locks_ = lineage(word if word in locks() else _cluster(word).name)
    found = [row.artifacts for lock in locks_[1:] if (row := lock.rows.get(ROW)) and row.artifacts]
    return [table for table in dict.fromkeys(found) if table != own]


def _cluster(word: str) -> HostLock:
    """The lock of a cluster."""
    from rackwright.pipeline import plan  # only a cluster needs the pipeline, which is slow to import

    try:
        spec = plan(word).design.spec
    except UsageError as error:
        known = sorted({*names(), *locks()})
        raise UsageError(f"{error}; nor a lock or a table: {did_you_mean(word, known)}") from None
    return load_lock(spec.lock)


def _of_lock(lock: HostLock) -> tuple[str, Table]:
    row = lock.rows.get(ROW)
    if row is None or row.artifacts is None:
        having = [name for name in locks() if _artifacts(name)]
        raise UsageError(
            f"lock {lock.name} names no artifacts: its row {ROW} needs a key artifacts, a file of "
            f"catalog/artifacts/; locks that have one: {', '.join(having) or 'none'}; "
            f"tables: {', '.join(names())}"
        )
    return row.artifacts, load_table(row.artifacts)


def _artifacts(name: str) -> str | None:
    row = load_lock(name).rows.get(ROW)
    return row.artifacts if row else None
