"""What a subnet manager reads, below ``subnet-manager/<subnet>/``; switches themselves need no files."""

from __future__ import annotations

from rackwright.models.design import Design
from rackwright.render.infiniband.conf import COMPUTE, IO, MASTER, ROOTS, STANDBY, opensm_conf
from rackwright.render.infiniband.guids import guid_file, missing
from rackwright.render.infiniband.partitions import partitions
from rackwright.render.infiniband.subnets import Subnet, subnets
from rackwright.render.wiring import Wiring

FOLDER = "subnet-manager"


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """Relative path to text."""
    found: dict[str, str] = {}
    for subnet in subnets(design, wiring):
        for name, text in _of_subnet(subnet, design).items():
            found[f"{FOLDER}/{subnet.name}/{name}"] = text
    return found


def _of_subnet(subnet: Subnet, design: Design) -> dict[str, str]:
    adapters = subnet.adapters
    made = {
        "opensm.conf": opensm_conf(subnet, MASTER),
        "opensm-standby.conf": opensm_conf(subnet, STANDBY),
        ROOTS: guid_file("top tier", [switch.name for switch in subnet.roots], subnet),
        COMPUTE: guid_file(
            "ports of GPU servers", [one.name for one in adapters if one.kind != "io"], subnet
        ),
        "node-name-map.txt": _names(subnet),
        "partitions.conf": partitions(subnet, design),
        "missing-guids.json": missing(subnet),
    }
    if others := [one.name for one in adapters if one.kind == "io"]:
        made[IO] = guid_file("appliances and storage", others, subnet)
    return made


def _names(subnet: Subnet) -> str:
    """Switches' names for logs and tools; a host describes itself."""
    known = [(subnet.guids[one.name], one.name) for one in subnet.switches if one.name in subnet.guids]
    return "".join(["# switches\n", *(f'{guid} "{name}"\n' for guid, name in known)])
