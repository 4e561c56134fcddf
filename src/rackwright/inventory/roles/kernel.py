"""Variables of role ``kernel``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints, TypeAdapter

from rackwright.inventory.about import About
from rackwright.models.spec import Strict
from rackwright.paths import home


class Argument(Strict):
    """A row of ``catalog/kernel.yaml``: an argument, and who boots with it."""

    argument: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.,:=@/+-]+$")]
    gpus: tuple[Literal["nvidia", "amd"], ...] = Field(min_length=1, strict=False)
    """Makers of a server's GPUs."""
    cpu: Literal["GenuineIntel", "AuthenticAMD"] | None = None
    """Maker of its CPU, as ``/proc/cpuinfo`` writes it; None: all."""
    why: str
    source: Annotated[str, StringConstraints(pattern=r"^https://")]


_ROWS = TypeAdapter(dict[str, Argument])


@lru_cache(maxsize=2)
def arguments(path: Path) -> dict[str, Argument]:
    """The catalog's arguments by name.

    :raises pydantic.ValidationError: a row is wrong.
    """
    return _ROWS.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))


def variables(about: About) -> dict[str, Any]:
    """The locked kernel, and the arguments for the server's GPUs."""
    row = about.row("kernel")
    rows = [row for row in arguments(home() / "catalog" / "kernel.yaml").values() if about.vendor in row.gpus]
    return {
        "kernel_packages": about.lock.packages("kernel"),
        "kernel_release": (row.reports if row else None) or "",
        "kernel_minimum": (row.minimum if row else None) or "0",
        "kernel_arguments": [
            {"argument": row.argument} | ({"cpu": row.cpu} if row.cpu else {}) for row in rows
        ],
        "kernel_acs_off": about.vendor is not None,
    }
