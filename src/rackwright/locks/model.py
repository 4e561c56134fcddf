"""What a host lock is: components by name, each with its versions, packages, files and source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from rackwright.models.spec import Strict

Url = Annotated[str, StringConstraints(pattern=r"^https://[^ ]+$")]
PackageName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]+$")]
"""Of Debian (lower case) or of RPM."""
PackageVersion = Annotated[str, StringConstraints(pattern=r"^[0-9][A-Za-z0-9.+~:_-]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._/-]+$")]


class LockFile(Strict):
    """A file that is fetched as it is; nothing is installed whose digest differs."""

    url: Url
    sha256: Sha256
    path: AbsolutePath
    """Where it lies on the host."""


class LockRow(Strict):
    """One component of the set."""

    source: Url
    """Public page that names the version."""
    reports: str | None = None
    """The version as the running component prints it; None where nothing prints one."""
    minimum: str | None = None
    """Oldest version that will do, for what the lock does not install (the kernel of the lab's machines)."""
    flavour: str | None = None
    """Which of several builds: see ``catalog/components.yaml``."""
    packages: Mapping[PackageName, PackageVersion] = Field(default_factory=dict)
    """Packages of the distribution by full version."""
    files: tuple[LockFile, ...] = Field(default=(), strict=False)
    artifacts: str | None = None
    """Table of ``catalog/artifacts`` that has its programs and container images."""

    @model_validator(mode="after")
    def _says_something(self) -> LockRow:
        if not (self.reports or self.minimum or self.packages or self.files):
            raise ValueError("reports, minimum, packages or files")
        return self


class LockOs(Strict):
    """The distribution that the set was put together for."""

    id: Literal["debian", "ubuntu", "rhel", "rocky"]
    major: int
    codename: str | None = None
    """Debian's and Ubuntu's; the others have none."""


class LockApt(Strict):
    """Where in the depot's repository the packages are."""

    suite: str
    component: str


class LockDnf(Strict):
    """The depot's repository for machines with DNF."""

    repository: str


class HostLock(Strict):
    """A whole lock, with the rows of the lock that it extends."""

    name: str
    extends: str | None = None
    """Lock whose rows these replace."""
    previous: str | None = None
    """Lock that machines come from, for upgrades and the way back; never taken over from ``extends``."""
    os: LockOs
    gpus: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    """Rows of ``catalog/gpus.yaml`` that the set is for."""
    image: str
    """Machine image in the depot (``/images/<image>.json``)."""
    apt: LockApt | None = None
    dnf: LockDnf | None = None
    rows: Mapping[str, LockRow]

    def row(self, name: str) -> LockRow:
        """:raises KeyError: the lock has no such component."""
        return self.rows[name]

    def packages(self, *rows: str) -> dict[str, str]:
        """Packages by full version, of some rows or of all; a row that the lock lacks has none."""
        return {
            package: version
            for name, row in sorted(self.rows.items())
            if not rows or name in rows
            for package, version in row.packages.items()
        }
