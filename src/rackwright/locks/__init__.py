"""Host locks: ``catalog/locks/<name>.yaml``, a tested set of versions with a source for each row.

>>> lock = load_lock("h100-debian13")
>>> lock.row("driver").reports == lock.row("fabric_manager").reports
True
"""

from __future__ import annotations

from rackwright.locks.load import load_lock
from rackwright.locks.model import HostLock, LockApt, LockFile, LockOs, LockRow

__all__ = ["HostLock", "LockApt", "LockFile", "LockOs", "LockRow", "load_lock"]
