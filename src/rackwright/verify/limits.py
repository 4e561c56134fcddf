"""Limits of node health: ``catalog/health.yaml``, each with its source.

>>> limit_of("NVLink count", "NVIDIA H100 80GB HBM3").holds(18)
True
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from rackwright.errors import BadInput, Problem
from rackwright.load.rows import Source
from rackwright.models.spec import Strict
from rackwright.paths import home

Figure = int | float | str


class Limit(Strict):
    """What one measured value must be."""

    check: str
    product: str | None
    """The GPU as nvidia-smi names it; None: every one."""
    equal: Annotated[Figure | None, Field(alias="is")] = None
    at_most: int | float | None = None
    at_least: int | float | None = None
    source: Source

    @model_validator(mode="after")
    def _one(self) -> Limit:
        if sum(value is not None for value in (self.equal, self.at_most, self.at_least)) != 1:
            raise ValueError("one of is, at_most, at_least")
        return self

    def holds(self, value: Figure) -> bool:
        """Whether a measured value is within it."""
        if self.equal is not None:
            return str(value) == str(self.equal)
        if self.at_most is not None:
            return float(value) <= self.at_most
        return self.at_least is not None and float(value) >= self.at_least

    def __str__(self) -> str:
        if self.equal is not None:
            return str(self.equal)
        return f"at most {self.at_most}" if self.at_most is not None else f"at least {self.at_least}"


@lru_cache(maxsize=1)
def limits() -> tuple[Limit, ...]:
    """Every row.

    :raises BadInput: the file breaks the model.
    """
    path = home() / "catalog" / "health.yaml"
    try:
        rows = TypeAdapter(tuple[Limit, ...]).validate_python(
            tuple(yaml.safe_load(path.read_text(encoding="utf-8")))
        )
    except ValidationError as problem:
        raise BadInput(
            [
                Problem(str(path), 1, 1, ".".join(map(str, error["loc"])) or "limits", "a row", error["msg"])
                for error in problem.errors()
            ]
        ) from problem
    return rows


def limit_of(check: str, product: str | None) -> Limit | None:
    """The limit for a GPU, its own before everybody's; None: nobody has said one."""
    found = [row for row in limits() if row.check == check and row.product in (product, None)]
    return max(found, key=lambda row: row.product is not None, default=None)
