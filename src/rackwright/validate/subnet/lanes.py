"""Lanes read back: what the manager wrote into ports' tables of service levels."""

from __future__ import annotations

import re

from rackwright.models.finding import Finding
from rackwright.validate.subnet.discovered import Discovered
from rackwright.validate.subnet.simulation import Simulation

_ROW = re.compile(r"^ports: in\s+\d+, out\s+\d+: \|(.*)\|$", re.MULTILINE)


def check_lanes(conf: str, fabric: Simulation, read: Discovered) -> list[Finding]:
    """An adapter's table against ``qos_sl2vl``; nothing to see where quality of service is off."""
    options = dict(line.split(maxsplit=1) for line in conf.splitlines() if " " in line)
    if options.get("qos") != "TRUE" or not read.lids:
        return []
    wanted = [int(lane) for lane in options["qos_sl2vl"].split(",")]
    findings = []
    for adapter in sorted(read.lids)[:: max(1, len(read.lids) - 1)]:  # the first and the last
        said = fabric.tool(["smpquery", "sl2vl", str(read.lids[adapter])])
        rows = [[int(lane) for lane in row.split("|")] for row in _ROW.findall(said)]
        if rows != [wanted]:
            findings.append(Finding(adapter, "vl", f"{rows}", f"{wanted}", "lanes by service level"))
    return findings
