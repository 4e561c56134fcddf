"""The site's files: cable plans, addresses, topologies. One module each, with ``files(design, wiring)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from rackwright.models.design import Design
from rackwright.render.wiring import Wiring

Maker = Callable[[Design, Wiring], Mapping[str, str | bytes]]
"""Relative path to text, or to bytes where the format is binary."""
MODULES: tuple[str, ...] = (
    "rackwright.render.site.cableplan",
    "rackwright.render.site.containerlab",
    "rackwright.render.site.dhcp",
    "rackwright.render.site.dns",
    "rackwright.render.site.dot",
    "rackwright.render.site.ibtopo",
    "rackwright.render.site.kubernetes",
    "rackwright.render.site.labels",
    "rackwright.render.site.management",
    "rackwright.render.site.netbox",
    "rackwright.render.site.opensm",
    "rackwright.render.site.scheduler",
    "rackwright.render.site.workbook",
    "rackwright.render.site.ztp",
)


def makers() -> list[Maker]:
    """In the order of their names; paths never collide."""
    return [import_module(name).files for name in sorted(MODULES)]
