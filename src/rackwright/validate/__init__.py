"""Validators: rendered files read back by programs and readers that know nothing of the renderers.

One module each, with ``name``, ``needs``, ``fits`` and ``check``. ``rackwright validate`` runs those that fit
the cluster. A validator whose programs are missing is *not measured*: it never passes.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from rackwright.models.design import Design
from rackwright.models.finding import Finding
from rackwright.render.build import Files

MODULES: dict[str, str] = {
    "eos": "rackwright.validate.eos",
    "frr": "rackwright.validate.frr",
    "infiniband": "rackwright.validate.infiniband",
    "nvue": "rackwright.validate.nvue",
    "roce": "rackwright.validate.roce",
    "sonic": "rackwright.validate.sonic",
}
"""Name to module, imported when it is asked for. Alphabetical."""


class Validator(Protocol):
    """What a validator's module offers at its top level."""

    name: str
    """As in MODULES."""
    needs: tuple[str, ...]
    """Programs that must be on PATH (``vtysh``, ``ibsim``); empty: it is all our own."""

    # Beside these a module may have ``sparse = True`` (it looks at a few devices only), ``everything(design,
    # files)`` (a check of each device, for edited files) and ``not_measured(design) -> list[str]`` (what it
    # can never look into, in words: no failure and no pass).

    def fits(self, design: Design) -> bool:
        """Whether the cluster has anything for it to look at."""
        ...

    def check(self, design: Design, files: Files) -> list[Finding]:
        """Everything that is wrong, sorted; empty: all of it was looked at and nothing is.

        :raises WorldRefused: the programs are there but did not work (that is no verdict on the files).
        """
        ...


def validator(name: str) -> Validator:
    """A validator by its name."""
    return cast(Validator, import_module(MODULES[name]))


def fitting(design: Design) -> list[Validator]:
    """Every validator that has something to look at, by name."""
    return [each for each in map(validator, sorted(MODULES)) if each.fits(design)]
