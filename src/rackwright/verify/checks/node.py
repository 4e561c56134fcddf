"""A verdict on a node itself, apart from its ports: what it needs and blames is one part of the node."""

from __future__ import annotations

from rackwright.verify.expected import Expected
from rackwright.verify.model import Outcome, Verdict


def on_node(
    check: str,
    want: Expected,
    outcome: Outcome,
    found: str,
    expected: str,
    source: str,
    part: str,
    due: bool = True,
) -> Verdict:
    """Of a check whose findings belong together under ``<device>#<part>``."""
    element = f"{want.device}#{part}"
    marks = (element,)
    return Verdict(
        check, "node", want.device, None, outcome, found, expected, source, needs=marks, blames=marks, due=due
    )
