"""Host locks: ``catalog/locks/<name>.yaml``, a tested set of versions with a source for each row.

>>> lock = load_lock("h100-debian13")
>>> lock.row("driver").reports == lock.row("fabric_manager").reports
True
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from rackwright.errors import BadInput, Problem, UsageError
from rackwright.models.spec import Strict
from rackwright.paths import home

Package = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.+-]+$")]
DebianVersion = Annotated[str, StringConstraints(pattern=r"^[0-9][A-Za-z0-9.+~:-]*$")]


class LockRow(Strict):
    """One component of the set."""

    source: Annotated[str, StringConstraints(pattern=r"^https://")]
    """Public page that names the version."""
    reports: str | None = None
    """The version as the running component prints it; None where nothing prints one."""
    minimum: str | None = None
    """Oldest version that will do, for what the lock does not install (the kernel)."""
    packages: Mapping[Package, DebianVersion] = Field(default_factory=dict)
    """Debian packages by full version."""

    @model_validator(mode="after")
    def _says_something(self) -> LockRow:
        if not (self.reports or self.minimum or self.packages):
            raise ValueError("a row needs reports, minimum or packages")
        return self


class LockOs(Strict):
    """The distribution that the set was put together for."""

    id: Literal["debian", "ubuntu"]
    major: int
    codename: str


class LockApt(Strict):
    """Where in the depot's repository the packages are."""

    suite: str
    component: str


class HostLock(Strict):
    """A whole lock. Driver and fabric manager are one version: anything else does not start."""

    name: str
    os: LockOs
    image: str
    """Machine image in the depot (``/images/<image>.json``)."""
    apt: LockApt
    rows: Mapping[str, LockRow]

    @model_validator(mode="after")
    def _holds(self) -> HostLock:
        driver, manager = self.rows.get("driver"), self.rows.get("fabric_manager")
        if driver and manager and driver.reports != manager.reports:
            raise ValueError(f"fabric_manager {manager.reports} is not the driver's {driver.reports}")
        return self

    def row(self, name: str) -> LockRow:
        """:raises KeyError: the lock has no such component."""
        return self.rows[name]

    def packages(self, *rows: str) -> dict[str, str]:
        """Debian packages by full version, of some rows or of all."""
        return {
            package: version
            for name, row in sorted(self.rows.items())
            if not rows or name in rows
            for package, version in row.packages.items()
        }


@lru_cache(maxsize=8)
def load_lock(name: str) -> HostLock:
    """Read a lock by name.

    :raises UsageError: there is no such lock.
    :raises BadInput: the file breaks the model.
    """
    path = home() / "catalog" / "locks" / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(other.stem for other in path.parent.glob("*.yaml")))
        raise UsageError(f"no host lock {name}; known: {known}")
    try:
        lock = HostLock.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as problem:
        raise BadInput(
            [
                Problem(str(path), 1, 1, ".".join(map(str, error["loc"])) or "lock", "a lock", error["msg"])
                for error in problem.errors()
            ]
        ) from problem
    if lock.name != name:
        raise BadInput([Problem(str(path), 1, 1, "name", lock.name, f"the file's own name, {name}")])
    return lock
