"""Stock: the part of a vendor's configuration that the open-source opensm can run."""

from __future__ import annotations

from rackwright.validate.subnet.files import SubnetFiles
from rackwright.validate.subnet.routing import STAND_IN

VENDOR_ONLY = ("ar_", "sharp_", "shield_", "find_roots_color_algorithm", "max_cas_on_spine")
"""Beginnings of options that only NVIDIA's manager has.

https://docs.nvidia.com/networking/display/mlnxsmrnv511/changes+and+new+features+history
"""


def as_stock(subnet: SubnetFiles) -> SubnetFiles:
    """The same subnet for the stock manager: adaptive engines replaced, the vendor's options taken out.

    Options of a configuration that calls itself stock stay: opensm is to see them.
    """
    conf = subnet.texts["opensm.conf"]
    if not conf.startswith("# NVIDIA"):
        return subnet
    lines = []
    for line in conf.splitlines():
        if line.startswith("routing_engine "):
            for vendor, stand_in in STAND_IN.items():
                line = line.replace(vendor, stand_in)
        if not line.startswith(VENDOR_ONLY):
            lines.append(line)
    return SubnetFiles(subnet.name, {**subnet.texts, "opensm.conf": "\n".join(lines) + "\n"})
