"""InfiniBand: each subnet's rendered files run on a simulated fabric, and what comes of it read back.

ibsim stands for the switches and adapters (cabled as ``fabric.net`` says), the real opensm reads the rendered
``opensm.conf`` with its GUID lists and partitions, and ibnetdiscover tells what is cabled, and each port
its partition keys. GUIDs
that are not known are simulated ones. Of the vendor's manager only the parts that the stock opensm knows are
run: adaptive routing is not simulated.
"""

from __future__ import annotations

import json
import sys

from rackwright.models.design import Design, FabricDesign
from rackwright.models.finding import Finding
from rackwright.qos.walk_ib import Texts, walk
from rackwright.render.build import Files
from rackwright.render.infiniband.subnets import subnets
from rackwright.render.wiring import Wiring
from rackwright.validate.subnet.discovered import Discovered, parse
from rackwright.validate.subnet.files import SubnetFiles, subnet_files
from rackwright.validate.subnet.lanes import check_lanes
from rackwright.validate.subnet.partitions import check_tables, used
from rackwright.validate.subnet.routing import check_routing
from rackwright.validate.subnet.simulation import Simulation
from rackwright.validate.subnet.stock import MOST_LANED, as_stock
from rackwright.validate.subnet.texts import check_texts
from rackwright.validate.subnet.wiring import compare, rails

name = "infiniband"
needs: tuple[str, ...] = ("ibsim", "opensm", "ibnetdiscover", "smpquery", "setpriv")
NOT_SIMULATED = (
    "links faster than HDR: ibsim 0.10 knows none, the wiring is simulated at 200G",
    "adaptive routing, SHARP and SHIELD: only NVIDIA's manager has them",
)


MOST_SIMULATED = 10_000
"""Nodes of a subnet that is simulated: 4,096 adapters take ten seconds, more disproportionately long."""
_NEEDED = ("opensm.conf", "opensm-standby.conf", "partitions.conf", "root-guids.txt", "fabric.net")


def fits(design: Design) -> bool:
    """There is an InfiniBand fabric."""
    return any(fabric.kind == "infiniband" for fabric in design.fabrics)


def not_measured(design: Design) -> list[str]:
    """What a simulated fabric cannot show."""
    if not fits(design):
        return []
    mine = [fabric for fabric in design.fabrics if fabric.kind == "infiniband"]
    large = [fabric.name for fabric in mine if sum(count for _, count in fabric.tiers) > MOST_LANED]
    lanes = [f"{each}: virtual lanes of more than {MOST_LANED} switches" for each in large]
    huge = [
        f"{fabric.name}: routing and wiring, if a subnet has more than {MOST_SIMULATED} nodes"
        for fabric in mine
        if _nodes(fabric) > MOST_SIMULATED
    ]
    return [*NOT_SIMULATED, *lanes, *huge]


def check(design: Design, files: Files) -> list[Finding]:
    """Everything that is wrong, subnet by subnet.

    :raises WorldRefused: a program did not work.
    """
    names = {subnet.name for subnet in subnets(design, Wiring.of(design))}
    found = [subnet for subnet in subnet_files(files) if subnet.name in names]
    findings = [
        Finding(f"subnet-manager/{name}", "syntax", "no files", "those of a subnet manager")
        for name in sorted(names - {subnet.name for subnet in found})
    ]
    for subnet in found:
        lacks = [each for each in _NEEDED if each not in subnet.texts]
        where = f"subnet-manager/{subnet.name}"
        findings += [
            Finding(f"{where}/{each}", "syntax", "no such file", "what was rendered") for each in lacks
        ]
        if lacks:
            continue
        findings += check_texts(design, fabric_of(design, subnet), subnet) + walked(design, subnet, files)
        if subnet.size()[0] <= MOST_SIMULATED:
            findings += check_subnet(design, subnet)
    return findings


def _nodes(fabric: FabricDesign) -> int:
    """Switches and adapters of a whole fabric."""
    adapters = sum(count for kind, count in fabric.links if kind == "host-leaf")
    return adapters + sum(count for _, count in fabric.tiers)


def walked(design: Design, subnet: SubnetFiles, files: Files) -> list[Finding]:
    """Service levels, lanes and partition keys between the hosts' files and the manager's."""
    guids = subnet.guids()
    texts = Texts(
        f"subnet-manager/{subnet.name}",
        subnet.texts["opensm.conf"],
        subnet.texts["partitions.conf"],
        files.devices,
        {guid: node for node, guid in guids.items()},
    )
    return walk(texts, design, set(guids))


def check_subnet(design: Design, subnet: SubnetFiles) -> list[Finding]:
    """Routing, wiring, rails, partitions and lanes of one subnet, simulated."""
    where = f"subnet-manager/{subnet.name}"
    stock = as_stock(subnet)
    conf = stock.texts["opensm.conf"]
    with Simulation(stock) as fabric:
        run = fabric.manage()
        findings = check_routing(f"{where}/opensm.conf", conf, run)
        read = parse(fabric.tool(["ibnetdiscover"]))
        findings += compare(design, fabric_of(design, subnet), read, subnet.name) + rails(design, read)
        if run.up:
            findings += check_tables(design, key_tables(fabric, read), stock.manager)
            findings += check_lanes(conf, fabric, read)
    return findings


def key_tables(fabric: Simulation, read: Discovered) -> dict[str, list[int]]:
    """Partition keys by adapter, asked of each port."""
    argv = [sys.executable, "-m", "rackwright.validate.subnet.keys"]
    tables = json.loads(fabric.tool(argv, "\n".join(str(lid) for lid in read.lids.values())))
    return {adapter: used(tables[str(lid)]) for adapter, lid in read.lids.items()}


def fabric_of(design: Design, subnet: SubnetFiles) -> FabricDesign:
    """The fabric that a subnet is (a part of): the longest name that fits."""
    return max(
        (
            fabric
            for fabric in design.fabrics
            if fabric.kind == "infiniband" and f"{subnet.name}-".startswith(f"{fabric.name}-")
        ),
        key=lambda fabric: len(fabric.name),
    )
