"""Switch operating systems: one module each, with ``files(switch, design, wiring)``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from rackwright.models.design import Design, Switch
from rackwright.models.spec import Nos
from rackwright.render.wiring import Wiring

Maker = Callable[[Switch, Design, Wiring], dict[str, str]]
"""Absolute path on the switch to text."""
MODULES: dict[Nos, str] = {
    "cumulus": "rackwright.render.nos.cumulus",
    "eos": "rackwright.render.nos.eos",
    "frr": "rackwright.render.nos.frr",
    "sonic": "rackwright.render.nos.sonic",
    "opensm": "rackwright.render.nos.opensm",
}


NEEDS: dict[Nos, tuple[str, str]] = {"eos": ("pyavd", "install rackwright[eos]")}
"""(module that a renderer builds on, how to get it): an extra of ours, which not everybody needs."""


def lacks(nos: Nos) -> str | None:
    """Why nothing renders an operating system's switches, in words; None: something does."""
    if nos not in MODULES:
        return "for which there are no templates yet"
    module, remedy = NEEDS.get(nos, ("", ""))
    if module and find_spec(module) is None:
        return f"which {module} renders, and it is not here: {remedy}"
    return None


def maker(nos: Nos) -> Maker | None:
    """What renders an operating system's switches; None: nothing does (see ``lacks``)."""
    if lacks(nos) is not None:
        return None
    made: Maker = import_module(MODULES[nos]).files
    return made
