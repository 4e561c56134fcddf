"""Every error that rackwright reports on purpose; each leaf holds fields, not only text.

Exit codes: 0 done, 1 failed checks or drift, 2 bad input, 3 the world refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in an input file, with its place.

    >>> str(Problem("c.yaml", 3, 7, "machines.gpu.count", "'many'", "a whole number", "write 4"))
    "c.yaml:3:7 machines.gpu.count: found 'many', expected a whole number; write 4"
    """

    file: str
    line: int
    column: int
    path: str
    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column} {self.path}"
        text = f"{place}: found {self.found}, expected {self.expected}"
        return f"{text}; {self.hint}" if self.hint else text


class RackwrightError(Exception):
    """Base of all errors that end a command without a traceback."""

    exit_code = 1


class BadInput(RackwrightError):
    """Everything that is wrong with the input, all at once. Nothing was changed."""

    exit_code = 2

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(RackwrightError):
    """The command cannot be carried out as asked (no such cluster, bad option). Nothing was changed."""

    exit_code = 2


@dataclass(eq=False)
class WorldRefused(RackwrightError):
    """A host, switch, BMC or program did not do what it was asked.

    :ivar place: host, switch or BMC by its design name.
    :ivar step: what was being done, e.g. ``"power on"``.
    :ivar found: what the world answered.
    :ivar hint: what the user can do next.
    """

    place: str
    step: str
    found: str
    hint: str = ""

    exit_code = 3

    def __post_init__(self) -> None:
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.place}: {self.step}: {self.found}"
        return f"{text}; {self.hint}" if self.hint else text


@dataclass(eq=False)
class Lacking(RackwrightError):
    """Files that no source has; all of them.

    :ivar what: what they are for.
    :ivar reasons: why, by name.
    :ivar of: how many files there are to be.
    """

    what: str
    reasons: Mapping[str, str]
    of: int

    exit_code = 3

    def __post_init__(self) -> None:
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = (f"  {name}: {why}" for name, why in sorted(self.reasons.items()))
        head = f"{self.what}: {len(self.reasons)} of {self.of} files cannot be had; nothing was built"
        return "\n".join([head, *lines])


@dataclass(eq=False)
class Locked(RackwrightError):
    """Another run holds the lock.

    :ivar what: what is locked (a cluster or a stack).
    :ivar pid: process that holds it.
    :ivar host: machine that process runs on.
    :ivar since: when it was taken, ISO 8601 UTC.
    """

    what: str
    pid: int
    host: str
    since: str

    exit_code = 3

    def __post_init__(self) -> None:
        super().__init__(str(self))

    def __str__(self) -> str:
        holder = f"process {self.pid} on {self.host} since {self.since}"
        return f"{self.what} is locked by {holder}; wait for it or end it"


@dataclass(frozen=True, slots=True, order=True)
class Shortage:
    """Something declared that does not fit (a pool, a switch's ports), by key path; load adds the place.

    >>> Shortage(("planes", "compute", "prefix"), "10.0.0.0/30: 4 addresses", "at least 64", "a /26").path[-1]
    'prefix'
    """

    path: tuple[str, ...]
    found: str
    expected: str
    hint: str = ""
