"""Stock: the part of a configuration that the open-source opensm can run on a simulated fabric."""

from __future__ import annotations

from rackwright.validate.subnet.files import SubnetFiles
from rackwright.validate.subnet.options import VENDOR_OPTIONS
from rackwright.validate.subnet.routing import STAND_IN

MOST_LANED = 32
"""Switches whose lanes are simulated: a 64-port switch takes 4,096 packets, as ibsim has no shortcut."""


def as_stock(subnet: SubnetFiles) -> SubnetFiles:
    """The same subnet for the stock manager: adaptive engines replaced, the vendor's options taken out, lanes
    left out where there are too many switches.

    Options of a configuration that calls itself stock stay: opensm is to see them.
    """
    conf = subnet.texts["opensm.conf"]
    vendor, large = conf.startswith("# NVIDIA"), subnet.size()[1] > MOST_LANED
    lines = []
    for line in conf.splitlines():
        if vendor and line.startswith("routing_engine "):
            engine = line.split()[1].split(",")[0]
            line = line.replace(engine, STAND_IN.get(engine, engine), 1)
        if large and line == "qos TRUE":
            line = "qos FALSE"
        if not (vendor and line.startswith(VENDOR_OPTIONS)):
            lines.append(line)
    return SubnetFiles(subnet.name, {**subnet.texts, "opensm.conf": "\n".join(lines) + "\n"})
