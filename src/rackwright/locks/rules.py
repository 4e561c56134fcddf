"""Rules between the rows of a lock, as data: ``catalog/lock-rules.yaml``. One model for each kind of rule.

What a rule says of a lock is in :mod:`rackwright.locks.kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from rackwright.locks.model import Url
from rackwright.locks.named import named
from rackwright.locks.when import When
from rackwright.models.spec import Strict
from rackwright.paths import home

Names = Annotated[tuple[str, ...], Field(min_length=1, strict=False)]


class _Rule(Strict):
    when: When = When()
    why: str
    """The sentence that follows a mistake."""
    source: Url


class Same(_Rule):
    """All of these rows that are there report one version, the first one's."""

    kind: Literal["same"]
    rows: Names


class Range(_Rule):
    """A row's version lies from ``from`` on and below ``below``."""

    kind: Literal["range"]
    row: str
    least: Annotated[str | None, Field(alias="from")] = None
    below: str | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Range:
        if self.least is None and self.below is None:
            raise ValueError("from or below")
        return self


class Needs(_Rule):
    """A row is there, in a flavour where one is named."""

    kind: Literal["needs"]
    row: str
    flavour: str | None = None


class Excludes(_Rule):
    """A row is not there."""

    kind: Literal["excludes"]
    row: str


class Serves(_Rule):
    """The version of ``of`` lies in the range that ``row``, of the version that a key begins, serves."""

    kind: Literal["serves"]
    row: str
    of: str
    ranges: Mapping[str, Annotated[tuple[str, str], Field(strict=False)]]


class Refuses(_Rule):
    """No package has a name of one of these forms."""

    kind: Literal["refuses"]
    packages: Names
    instead: str
    """What is expected."""


class Branch(_Rule):
    """A package whose name has a branch has a version of that branch."""

    kind: Literal["branch"]
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _names_the_branch(cls, text: str) -> str:
        if "branch" not in re.compile(text).groupindex:
            raise ValueError("a pattern with a group (?P<branch>...)")
        return text


class Full(_Rule):
    """Versions are full: upstream with more than a branch, and a revision."""

    kind: Literal["full"]


class Agrees(_Rule):
    """Packages have the version that the row reports."""

    kind: Literal["agrees"]
    but: tuple[str, ...] = Field(default=(), strict=False)
    """Packages whose versions are their own."""


class Once(_Rule):
    """A package is in one row."""

    kind: Literal["once"]


class Vendor(_Rule):
    """Rows are for the vendor of the lock's GPUs."""

    kind: Literal["vendor"]


Rule = Same | Range | Needs | Excludes | Serves | Refuses | Branch | Full | Agrees | Once | Vendor
_Tagged = Annotated[Rule, Field(discriminator="kind")]


def rules() -> Mapping[str, Rule]:
    """Every rule by name.

    :raises BadInput: the table is wrong.
    """
    found: Mapping[str, Rule] = named(home() / "catalog" / "lock-rules.yaml", _Tagged)  # type: ignore[arg-type]
    return found
