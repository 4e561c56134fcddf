"""Routing: the engine that is named is the one in use. opensm's exit code does not tell: read the log."""

from __future__ import annotations

import re

from rackwright.models.finding import Finding
from rackwright.validate.subnet.simulation import Managed

STAND_IN = {"ar_ftree": "ftree", "ar_updn": "updn"}
"""Engines of the vendor's manager only, and what the stock one can do of them."""
_COMPLAINT = re.compile(r"\b0x0[12] -> (.*(?:ERR|fall|Failed|Unable|cannot|No routing|not a).*)")
_HARMLESS = ("no_fallback",)
"""opensm 3.3.23 logs the word as an engine that it cannot set up, and obeys it."""


def named_engine(conf: str) -> str | None:
    """The first routing engine of an opensm.conf."""
    for line in conf.splitlines():
        key, _, value = line.partition(" ")
        if key == "routing_engine":
            return value.split(",")[0].strip()
    return None


def check_routing(where: str, conf: str, run: Managed) -> list[Finding]:
    """The subnet came up, by the named engine and by no other."""
    engine = named_engine(conf)
    complaints = [text for text in _COMPLAINT.findall(run.log) if not any(word in text for word in _HARMLESS)]
    hint = f"opensm says: {' / '.join(complaints[:4])}" if complaints else ""
    findings = []
    if not run.up:
        findings.append(Finding(where, "routing", f"no SUBNET UP in {run.seconds:.1f} s", "SUBNET UP", hint))
    if engine is None or f"{engine} tables configured on all switches" not in run.log:
        used = re.findall(r"(\S+) tables configured on all switches", run.log)
        found = f"{used[-1]} in use" if used else "no routing engine in use"
        findings.append(Finding(where, "routing", found, f"{engine or 'an engine by name'} in use", hint))
    return findings
