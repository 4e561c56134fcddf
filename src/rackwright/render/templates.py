"""Templates: read once from ``network-planes/``, strict about every name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from rackwright.paths import home


@lru_cache(maxsize=4)
def _environment(root: Path) -> Environment:
    return Environment(  # noqa: S701 - the output is configuration, not HTML
        loader=FileSystemLoader(root),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def template(name: str) -> Template:
    """A template by its path below ``network-planes/``, e.g. ``host/nccl.conf.j2``."""
    return _environment(home() / "network-planes").get_template(name)
