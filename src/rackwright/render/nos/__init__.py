"""Switch operating systems: one module each, with ``files(switch, design, wiring)``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from rackwright.models.design import Design, Switch
from rackwright.models.spec import Nos
from rackwright.render.wiring import Wiring

Maker = Callable[[Switch, Design, Wiring], dict[str, str]]
"""Absolute path on the switch to text."""
MODULES: dict[Nos, str] = {
    "frr": "rackwright.render.nos.frr",
    "sonic": "rackwright.render.nos.sonic",
    "opensm": "rackwright.render.nos.opensm",
}


def maker(nos: Nos) -> Maker | None:
    """What renders an operating system's switches; None: nothing does yet."""
    if nos not in MODULES:
        return None
    made: Maker = import_module(MODULES[nos]).files
    return made
