"""Real packages of a host lock: which of Debian's serve for its rows. Pure.

The mirror moves on while a lock stays. Where the mirror's package is of the same upstream version and only
its Debian revision differs, the depot gives it the lock's revision and says so; another upstream version is
another program, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rackwright.errors import WorldRefused
from rackwright.locks import HostLock

ROWS = ("containerd", "node_exporter", "runc")
"""Rows whose packages are real. The kernel is not among them: a lab's machines run this machine's."""
BUNDLES: Mapping[str, tuple[str, ...]] = {"containerd.io": ("containerd", "runc")}
"""A vendor's package that holds several of Debian's: its version is that of the first."""


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """A package of a lock, and the row that names it."""

    lock: str
    row: str
    package: str
    version: str

    @property
    def sources(self) -> tuple[str, ...]:
        """Debian's packages that it is made from."""
        return BUNDLES.get(self.package, (self.package,))


@dataclass(frozen=True, slots=True)
class Choice:
    """What serves for it: Debian's version of each source."""

    wanted: Wanted
    versions: tuple[str, ...]

    @property
    def origin(self) -> str:
        """``real``, ``relabelled`` or ``repacked``."""
        if self.wanted.package in BUNDLES:
            return "repacked"
        return "real" if self.versions == (self.wanted.version,) else "relabelled"

    @property
    def note(self) -> str:
        """What it truly is."""
        made_of = ", ".join(
            f"{name} {version}" for name, version in zip(self.wanted.sources, self.versions, strict=True)
        )
        return "Debian's own" if self.origin == "real" else f"{self.origin} from Debian's {made_of}"


def upstream(version: str) -> str:
    """The upstream version: without epoch, Debian revision and marks of a repacked source.

    >>> upstream("1.7.24~ds1-6+deb13u1"), upstream("2:2.1.9+ds1-5"), upstream("2.1.9-1~ubuntu.24.04~noble")
    ('1.7.24', '2.1.9', '2.1.9')
    """
    text = re.sub(r"^\d+:", "", version).partition("-")[0]
    return re.sub(r"[+~.](ds|dfsg)[0-9.]*$", "", text)


def wanted(locks: Iterable[HostLock]) -> list[Wanted]:
    """Real packages of some locks."""
    return sorted(
        {
            Wanted(lock.name, row, package, version)
            for lock in locks
            for row in ROWS
            if row in lock.rows
            for package, version in lock.rows[row].packages.items()
        }
    )


def choose(
    asked: Iterable[Wanted], offered: Mapping[str, Sequence[str]], newer: Mapping[str, Sequence[str]]
) -> list[Choice]:
    """Debian's packages for a lock's.

    :param offered: versions by package, best first.
    :param newer: the same of the suite that bundles are made from.
    :raises WorldRefused: no upstream version fits; every row at once, with found and expected.
    """
    choices, reasons = [], []
    for item in asked:
        suite = newer if item.package in BUNDLES else offered
        have = [list(suite.get(name, ())) for name in item.sources]
        exact = item.version in have[0] and len(have) == 1
        fitting = (
            [item.version] if exact else [v for v in have[0] if upstream(v) == upstream(item.version)][:1]
        )
        # What else is in a bundle has no version in the lock: the newest, which was built beside the first.
        others = [versions[0] for versions in have[1:] if versions]
        if not fitting or len(others) != len(have) - 1:
            found = "; ".join(
                f"{name} {', '.join(versions) or 'none'}"
                for name, versions in zip(item.sources, have, strict=True)
            )
            reasons.append(
                f"lock {item.lock}, row {item.row}: {item.package}: found {found}, "
                f"expected upstream {upstream(item.version)} (for {item.version})"
            )
            continue
        choices.append(Choice(item, (fitting[0], *others)))
    if reasons:
        raise WorldRefused(
            "Debian's mirror",
            "fill the depot",
            "\n".join(reasons),
            "renew the rows, or set RACKWRIGHT_MIRROR to an archive of the lock's day",
        )
    return choices
