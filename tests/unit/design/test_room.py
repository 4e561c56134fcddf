"""Racks, lengths and parts."""

import dataclasses

import pytest
from tests.unit.design.clusters import made, tables

from rackwright.design.cables import Drawer
from rackwright.design.floor import Spot
from rackwright.design.racks import length_m
from rackwright.models.tables import CableModel


@pytest.mark.parametrize(
    ("power", "units", "expected"),
    [(44, 48, 4), (22, 48, 2), (300, 48, 6), (300, 24, 3), (11, 48, 1)],
)
def test_power_and_units_limit_the_servers_in_a_rack(power, units, expected):
    design = made(
        machines__gpu={"sku": "dgx-h100", "count": 8, "unit_size": 8},
        physical={"rack_power_kw": power, "rack_units": units},
    )
    first = [server for server in design.servers if server.rack == "gpu-su01-r01"]
    assert len(first) == expected


def test_a_racks_power_is_the_known_part_or_nothing():
    racks = {rack.name: rack.power_w for rack in made().racks}
    assert racks["gpu-su01-r01"] == 40_800
    assert racks["net-r01"] is None


@pytest.mark.parametrize(
    ("a", "z", "metres"),
    [
        (Spot("a", 1, 0, 0), Spot("a", 2, 0, 0), 2),
        (Spot("a", 1, 0, 0), Spot("a", 48, 0, 0), 4),
        (Spot("a", 1, 0, 3), Spot("b", 40, 0.6, 3), 6),
        (Spot("a", 1, 0, 3), Spot("b", 1, 0, 30), 32),
    ],
)
def test_lengths(a, z, metres):
    assert length_m(a, z) == length_m(z, a) == metres


CABLES = (
    CableModel("COPPER", "dac", 400, 2, "", ""),
    CableModel("LONG", "optic", 400, 500, "", ""),
    CableModel("SHORT", "optic", 400, 50, "", ""),
    CableModel("TWISTED", "copper", 1, 100, "", ""),
)


@pytest.mark.parametrize(
    ("speed", "metres", "part"),
    [
        (400, 2, "COPPER"),
        (400, 3, "SHORT"),
        (400, 51, "LONG"),
        (400, 501, None),
        (1, 100, "TWISTED"),
        (25, 1, None),
    ],
)
def test_the_shortest_part_of_the_speed_that_reaches(speed, metres, part):
    chosen = Drawer(CABLES).choose(speed, metres)
    assert (chosen.part if chosen else None) == part


def test_what_the_catalog_does_not_know_is_said():
    from rackwright.design.build import design as build

    bare = dataclasses.replace(tables(), cables=())
    plan = build(made().spec, bare)
    assert any("16 cables of 400G: no part in the catalog" in sentence for sentence in plan.unknown)
    assert "power of sn5600: no public figure in the catalog" in plan.unknown
