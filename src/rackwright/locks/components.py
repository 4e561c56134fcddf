"""Components (``catalog/components.yaml``): the names that rows of a lock may have, their order in an
upgrade, and what a change of one needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from rackwright.locks.model import LockRow
from rackwright.locks.named import named
from rackwright.models.spec import Strict
from rackwright.paths import home

Need = Literal["nothing", "restart", "drain", "reboot"]
NEEDS: tuple[Need, ...] = ("nothing", "restart", "drain", "reboot")
"""From the least to the most that a running machine goes through."""


class Component(Strict):
    """One row of ``catalog/components.yaml``."""

    title: str
    order: int
    """Upgrades go from low to high."""
    needs: Need
    because: str
    """Why a change needs that."""
    flavours: tuple[str, ...] = Field(default=(), strict=False)
    """Builds that a lock may name; empty: there is one."""
    versions: Literal["same", "own"] = "same"
    """Whether packages carry the version that the component reports."""
    vendor: Literal["nvidia", "amd"] | None = None
    """Whose GPUs it is for; None: any."""
    needs_of: Mapping[str, Need] = Field(default_factory=dict)
    """By flavour, where a change inside one flavour needs less."""

    def need(self, before: LockRow | None, after: LockRow | None) -> Need:
        """What a change from one row to another needs; None: the lock has no such row."""
        flavours = {row.flavour for row in (before, after) if row is not None}
        if len(flavours) == 1:
            return self.needs_of.get(flavours.pop() or "", self.needs)
        return self.needs


def components() -> Mapping[str, Component]:
    """Every component by name.

    :raises BadInput: the table is wrong.
    """
    return named(home() / "catalog" / "components.yaml", Component)
