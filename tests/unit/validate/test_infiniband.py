"""Sound subnets of every shape on ibsim and opensm: nothing is found."""

from __future__ import annotations

import pytest
from tests.unit.validate.subnets import (
    disks,
    made,
    rendered,
    simulator,
    subnet,
    tenanted,
    units,
    words,
)

from rackwright.validate import infiniband

pytestmark = [simulator, pytest.mark.slow]

SHAPES = {
    "one unit of 31 with UFM": lambda: units(31, 4),
    "one unit, updn": lambda: made(
        {"gpu": {"sku": "dgx-h100", "count": 32}}, subnet_manager={"flavour": "stock", "engine": "updn"}
    ),
    "one unit, vendor": lambda: made(
        {"gpu": {"sku": "dgx-h100", "count": 32}}, subnet_manager={"flavour": "vendor"}
    ),
    "four units of 127 with UFM": lambda: units(127, 4),
    "three tiers": lambda: units(16, tiers=3),
    "tenants": tenanted,
    "dual ToR": lambda: made(
        {"gpu": {"sku": "dgx-b300", "count": 6, "unit_size": 4}},
        switch="q3400",
        homing="dual-tor",
        nic_ports=2,
    ),
    "leaf-spine, two to one": lambda: made(
        {"gpu": {"sku": "dgx-h100", "count": 12}}, topology="leaf-spine", oversubscription="2:1"
    ),
    "quarter ports, more spines than needed": lambda: made(
        {"gpu": {"sku": "dgx-h100", "count": 5, "unit_size": 4}}, split=4, spines=4
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sound_subnet_passes(shape):
    design = SHAPES[shape]()
    assert words(infiniband.check_subnet(design, subnet(design))) == ""


@pytest.mark.parametrize("name", ["backend-p0", "backend-p1"])
def test_parallel_planes_are_subnets_of_their_own(name):
    design = made(
        {"gpu": {"sku": "dgx-b300", "count": 4, "unit_size": 4}},
        switch="q3400",
        homing="parallel",
        nic_ports=2,
    )
    assert words(infiniband.check_subnet(design, subnet(design, name))) == ""


def test_storage_on_a_fabric_of_its_own_reaches_every_tenant():
    """Its servers are full members of the default partition, tenants' servers limited ones."""
    design = disks()
    files = rendered(design)
    assert words(infiniband.check_subnet(design, subnet(design, "disks"))) == ""
    assert (
        words(
            infiniband.check_texts(
                design, infiniband.fabric_of(design, subnet(design, "disks")), subnet(design, "disks")
            )
        )
        == ""
    )
    text = files.site["subnet-manager/disks/partitions.conf"]
    assert "storage-01" in text
    assert "red-su" not in text


def test_rail_groups_without_a_core_are_subnets_of_their_own():
    design = made({"gpu": {"sku": "dgx-h100", "count": 64, "rails": 2}}, spine_groups="rail")
    for name in ("backend-r0", "backend-r1"):
        assert words(infiniband.check_subnet(design, subnet(design, name))) == ""


def test_three_tiers_of_4096_adapters_pass():
    """512 servers, 128 leaves, 128 spines, 64 cores: ftree takes the wiring that the design gives it."""
    design = units(512)
    assert dict(next(fabric for fabric in design.fabrics if fabric.name == "backend").tiers) == {
        "leaf": 128,
        "spine": 128,
        "core": 64,
    }
    assert words(infiniband.check_subnet(design, subnet(design))) == ""
