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
from rackwright.render.build import Files
from rackwright.validate.subnet.discovered import Discovered, parse
from rackwright.validate.subnet.files import SubnetFiles, subnet_files
from rackwright.validate.subnet.partitions import check_tables, used
from rackwright.validate.subnet.routing import check_routing
from rackwright.validate.subnet.simulation import Simulation
from rackwright.validate.subnet.stock import as_stock
from rackwright.validate.subnet.wiring import compare, rails

name = "infiniband"
needs: tuple[str, ...] = ("ibsim", "opensm", "ibnetdiscover", "setpriv")


def fits(design: Design) -> bool:
    """There is an InfiniBand fabric."""
    return any(fabric.kind == "infiniband" for fabric in design.fabrics)


def check(design: Design, files: Files) -> list[Finding]:
    """Everything that is wrong, subnet by subnet.

    :raises WorldRefused: a program did not work.
    """
    return [finding for subnet in subnet_files(files) for finding in check_subnet(design, subnet)]


def check_subnet(design: Design, subnet: SubnetFiles) -> list[Finding]:
    """Routing, wiring, rails and partitions of one subnet."""
    where = f"subnet-manager/{subnet.name}"
    stock = as_stock(subnet)
    with Simulation(stock) as fabric:
        run = fabric.manage()
        findings = check_routing(f"{where}/opensm.conf", stock.texts["opensm.conf"], run)
        read = parse(fabric.tool(["ibnetdiscover"]))
        findings += compare(design, _fabric(design, subnet), read, subnet.name) + rails(design, read)
        if run.up:
            findings += check_tables(design, key_tables(fabric, read))
    return findings


def key_tables(fabric: Simulation, read: Discovered) -> dict[str, list[int]]:
    """Partition keys by adapter, asked of each port."""
    argv = [sys.executable, "-m", "rackwright.validate.subnet.keys"]
    tables = json.loads(fabric.tool(argv, "\n".join(str(lid) for lid in read.lids.values())))
    return {adapter: used(tables[str(lid)]) for adapter, lid in read.lids.items()}


def _fabric(design: Design, subnet: SubnetFiles) -> FabricDesign:
    """The fabric that a subnet is (a part of)."""
    return next(
        fabric
        for fabric in design.fabrics
        if fabric.kind == "infiniband"
        and (subnet.name == fabric.name or subnet.name.startswith((f"{fabric.name}-p", f"{fabric.name}-r")))
    )
