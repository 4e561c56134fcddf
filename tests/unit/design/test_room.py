"""The room: how much a rack takes, how long cables get, and what no rack can carry."""

import pytest
from tests.unit.design.clusters import made, spec, tables

from rackwright.design.capacity import Zone, capacity
from rackwright.design.floor import Spot, square
from rackwright.design.limits import device_shortages, site_shortages
from rackwright.design.racks import length_m
from rackwright.errors import UsageError


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


def test_weight_limits_the_servers_in_a_rack():
    """DGX H100: 131 kg each."""
    design = made(machines__gpu__unit_size=8, machines__gpu__count=8, physical={"rack_weight_kg": 400})
    racks = [rack for rack in design.racks if rack.name.startswith("gpu-")]
    assert [len(rack.slots) for rack in racks] == [3, 3, 2]
    assert [rack.weight_kg for rack in racks] == [393, 393, 262]


def test_capacity_is_the_tightest_of_units_power_and_weight():
    zone = Zone(1, 42, 20_000, 500)
    assert capacity(8, 4_000, 50, zone) == 5
    assert capacity(8, 5_000, 50, zone) == 4
    assert capacity(8, 4_000, 200, zone) == 2
    assert capacity(8, None, None, zone) == 5
    assert capacity(43, None, None, zone) == 0


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


def test_cells_fill_a_square_and_none_is_used_twice():
    cells = [square(number) for number in range(400)]
    assert len(set(cells)) == 400
    assert max(max(cell) for cell in cells) == 19


@pytest.mark.parametrize(
    ("physical", "key", "expected"),
    [
        ({"rack_units": 20}, "rack_units", "at least 35"),
        ({"rack_power_kw": 100}, "rack_power_kw", "at least 120"),
        ({"rack_power_kw": 120, "rack_weight_kg": 1000}, "rack_weight_kg", "at least 1368"),
        ({"rack_power_kw": 120, "cooling": "air"}, "cooling", "liquid"),
    ],
)
def test_what_no_rack_can_carry_is_refused(physical, key, expected):
    """An NVL72 rack: 18 trays of 1U, 5.4 kW and 76 kg, and 17 units and 22.8 kW around them."""
    wanted = spec(machines__gpu={"sku": "gb200-nvl72", "count": 18}, physical=physical)
    found = {row.path: row for row in device_shortages(wanted, tables())}
    assert found["physical", key].expected == expected


def test_the_room_that_carries_it_is_enough():
    room = {"rack_power_kw": 120, "rack_weight_kg": 1368}
    assert device_shortages(spec(machines__gpu__sku="gb200-nvl72", physical=room), tables())  # unit_size: 4
    whole = spec(machines__gpu={"sku": "gb200-nvl72", "count": 18}, physical=room)
    assert device_shortages(whole, tables()) == []


def test_an_nvlink_domain_fills_a_rack_and_is_never_cut():
    design = made(
        machines__gpu={"sku": "gb200-nvl72", "count": 40},
        physical={"rack_power_kw": 120},
        fabrics__backend__spines=None,
    )
    racks = {rack.name: rack for rack in design.racks if rack.name.startswith("gpu-")}
    assert {name: len(rack.slots) for name, rack in racks.items()} == {
        "gpu-su01-r01": 18,
        "gpu-su01-r02": 18,
        "gpu-su01-r03": 4,
    }
    assert racks["gpu-su01-r01"].power_w == 18 * 5_400 + 22_800
    assert racks["gpu-su01-r01"].liquid
    units = [lowest for lowest, _, _ in racks["gpu-su01-r01"].slots]
    assert units == [*range(5, 15), *range(24, 32)]  # 4 below, 9 NVLink switch trays between, 4 above
    assert {server.nvlink_domain for server in design.servers if server.gpus} == set(racks)


@pytest.mark.parametrize(
    ("room", "path", "expected"),
    [
        ({"row_power_kw": 40}, ("physical", "row_power_kw"), "at least 41"),
        ({"site_power_kw": 80}, ("physical", "site_power_kw"), "at least 82"),
    ],
)
def test_rows_and_the_site_have_limits(room, path, expected):
    changes = {"machines__gpu__count": 8, "physical": room}
    (found,) = site_shortages(spec(**changes), tables())
    assert (found.path, found.expected) == (path, expected)
    with pytest.raises(UsageError, match=".".join(path)):
        made(**changes)
    enough = {key: value + 2 for key, value in room.items()}
    assert site_shortages(spec(machines__gpu__count=8, physical=enough), tables()) == []


def test_a_row_may_be_broken_into_shorter_ones():
    design = made(
        machines__gpu={"sku": "dgx-h100", "count": 32, "unit_size": 32}, physical={"racks_per_row": 4}
    )
    rows: dict[str, int] = {}
    for rack in design.racks:
        rows[rack.row] = rows.get(rack.row, 0) + 1
    units = {row: count for row, count in rows.items() if row.startswith("su01")}
    assert units == {"su01-1": 4, "su01-2": 4, "su01-3": 1}  # 8 racks of servers, one of leaves in the middle
