"""What a manifest may leave out."""

from __future__ import annotations

from rackwright.resources.handler import Props

MANAGER = "rackwright"
WAIT_SECONDS = 300


def manager(inputs: Props) -> str:
    """The field manager in whose name it is applied.

    >>> manager({})
    'rackwright'
    """
    return str(inputs.get("manager") or MANAGER)


def seconds(inputs: Props) -> float:
    """How long conditions, or the end of a deletion, are waited for."""
    return float(inputs.get("timeout") or WAIT_SECONDS)
