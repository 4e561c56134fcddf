"""InfiniBand clusters for tests, with the files of their subnets."""

from __future__ import annotations

import shutil
from functools import lru_cache
from typing import Any

import pytest
from tests.unit.design.clusters import bent, tables

from rackwright.design.build import design
from rackwright.models.design import Design
from rackwright.models.finding import Finding
from rackwright.models.spec import ClusterSpec
from rackwright.render.build import Files
from rackwright.render.site import ibtopo, opensm
from rackwright.render.wiring import Wiring
from rackwright.validate.subnet.files import SubnetFiles, subnet_files
from rackwright.validate.subnet.simulation import library

INFINIBAND = {"kind": "infiniband", "switch": "qm9700", "nos": "opensm", "topology": "rail-optimised"}
PROGRAMS = ("ibsim", "opensm", "ibnetdiscover", "smpquery")
simulator = pytest.mark.skipif(
    library() is None or not all(shutil.which(name, path="/usr/bin:/usr/sbin") for name in PROGRAMS),
    reason="needs Debian's opensm, ibsim-utils, libumad2sim0 and infiniband-diags",
)


def made(machines: dict[str, Any], tenants: dict[str, Any] | None = None, **fabric: Any) -> Design:
    """A cluster of GPU machines on InfiniBand."""
    data = bent(planes__management__prefix="10.112.0.0/13")
    data["fabrics"]["backend"] = {**INFINIBAND, **fabric}
    data["fabrics"]["frontend"] |= {"hosts_per_leaf": None, "spines": None}
    data["fabrics"]["frontend"] = {k: v for k, v in data["fabrics"]["frontend"].items() if v is not None}
    del data["machines"]["gpu"]
    data["machines"] |= machines
    data["tenants"] = tenants or {}
    return design(ClusterSpec.model_validate(data), tables())


@lru_cache
def units(nodes: int, reserved: int = 0, **fabric: Any) -> Design:
    """DGX H100 in units of 32."""
    return made({"gpu": {"sku": "dgx-h100", "count": nodes}}, reserved_ports=reserved, **fabric)


@lru_cache
def tenanted() -> Design:
    """Two tenants and a group of nobody's: four servers each, four rails, a unit of four for each group."""
    each = {"sku": "dgx-h100", "count": 4, "rails": 4, "unit_size": 4}
    return made(
        {"red": each, "blue": each, "spare": each},
        {"acme": {"id": 7, "machines": ["red"]}, "zeta": {"id": 300, "machines": ["blue"]}},
        spines=2,
    )


@lru_cache
def disks() -> Design:
    """Storage on an InfiniBand fabric of its own, two tenants."""
    data = bent()
    each = {"sku": "dgx-h100", "count": 4, "rails": 4, "unit_size": 4}
    del data["machines"]["gpu"]
    data["machines"] |= {"red": each, "blue": each}
    data["fabrics"]["backend"] = {**INFINIBAND, "spines": 2}
    data["fabrics"]["disks"] = {**INFINIBAND, "topology": "leaf-spine", "spines": 2}
    data["planes"]["storage"]["fabric"] = "disks"
    data["tenants"] = {"acme": {"id": 7, "machines": ["red"]}, "zeta": {"id": 300, "machines": ["blue"]}}
    return design(ClusterSpec.model_validate(data), tables())


def rendered(design: Design) -> Files:
    """Only the subnets' files."""
    wiring = Wiring.of(design)
    return Files({}, {**opensm.files(design, wiring), **ibtopo.files(design, wiring)})


def subnet(design: Design, name: str = "backend") -> SubnetFiles:
    return next(one for one in subnet_files(rendered(design)) if one.name == name)


def changed(subnet: SubnetFiles, file: str, old: str, new: str) -> SubnetFiles:
    """The same subnet with a piece of one file replaced; the piece must be there."""
    assert old in subnet.texts[file], old
    return SubnetFiles(subnet.name, {**subnet.texts, file: subnet.texts[file].replace(old, new)})


def words(findings: list[Finding]) -> str:
    return "\n".join(map(str, findings))
