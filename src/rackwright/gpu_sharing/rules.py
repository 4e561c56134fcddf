"""Rules of the DRA drivers, as data: ``catalog/sharing-rules.yaml``. One model for each kind of rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from rackwright.gpu_sharing.profile import Kind
from rackwright.load.rows import Source
from rackwright.locks.named import named
from rackwright.models.strict import Strict
from rackwright.paths import home

Pair = Annotated[tuple[str, str], Field(strict=False)]


class _Rule(Strict):
    why: str
    """The sentence that follows a mistake."""
    source: Source


class Excludes(_Rule):
    """Two gates that are never on together."""

    kind: Literal["excludes"]
    gates: Pair


class Needs(_Rule):
    """A gate that is on only beside another."""

    kind: Literal["needs"]
    gate: str
    of: str


class Apart(_Rule):
    """Two profiles that no cluster has together."""

    kind: Literal["apart"]
    profiles: Pair


class Vendor(_Rule):
    """A profile for GPUs of one maker."""

    kind: Literal["vendor"]
    profile: Kind
    vendor: Literal["nvidia", "amd"]


class Layout(_Rule):
    """A profile whose layout the GPU model has, and that fits."""

    kind: Literal["layout"]
    profile: Kind


class OfProfile(_Rule):
    """A profile that switches a gate on. It refuses nothing by itself."""

    kind: Literal["profile"]
    profile: Kind
    gate: str


class Shared(_Rule):
    """Profiles other than whole need a driver of the GPUs."""

    kind: Literal["shared"]


class OfDriver(_Rule):
    """Gates that only one driver has."""

    kind: Literal["driver"]
    driver: Literal["nvidia", "amd"]


Rule = Excludes | Needs | Apart | Vendor | Layout | OfProfile | Shared | OfDriver
_Tagged = Annotated[Rule, Field(discriminator="kind")]


def rules() -> Mapping[str, Rule]:
    """Every rule by name.

    :raises BadInput: the table is wrong.
    """
    found: Mapping[str, Rule] = named(home() / "catalog" / "sharing-rules.yaml", _Tagged)  # type: ignore[arg-type]
    return found


def gates_of(kinds: set[Kind], asked: set[str]) -> dict[str, str]:
    """Gates of the driver that must be switched on, with what asks for each: a profile, or the file.

    >>> gates_of({"mps"}, set())
    {'MPSSupport': 'mps'}
    """
    found = dict.fromkeys(asked, "dra.features")
    for rule in rules().values():
        if isinstance(rule, OfProfile) and rule.profile in kinds:
            found[rule.gate] = rule.profile
    return dict(sorted(found.items()))
