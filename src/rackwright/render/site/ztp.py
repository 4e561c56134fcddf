"""First boot: the script that publishes at the depot what :mod:`rackwright.render.ztp` makes for switches."""

from __future__ import annotations

from rackwright.models.design import Design
from rackwright.render.templates import template
from rackwright.render.wiring import Wiring


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """One script for the site."""
    del design, wiring
    return {"ztp/publish.sh": template("ztp/publish.sh.j2").render()}
