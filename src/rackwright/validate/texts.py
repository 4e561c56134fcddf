"""Texts: the one file that each switch of an operating system must have; a switch without it is a finding."""

from __future__ import annotations

from rackwright.models.design import Design
from rackwright.models.finding import Finding
from rackwright.models.spec import Nos
from rackwright.render.build import Files


def texts_of(
    design: Design, files: Files, nos: Nos, path: str, what: str
) -> tuple[dict[str, str], list[Finding]]:
    """(text by switch, in the design's order; a finding for each switch without one). ``what`` is the file in
    words."""
    texts: dict[str, str] = {}
    missing: list[Finding] = []
    for switch in design.switches:
        if switch.nos == nos:
            text = files.devices.get(switch.name, {}).get(path)
            if text is None:
                missing.append(Finding(f"{switch.name}:{path}", "syntax", "no file", what))
            else:
                texts[switch.name] = text
    return texts, missing
