"""Racks as promises: nothing overlaps, limits are kept, growth moves nothing."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.unit.design.clusters import bent, made, tables
from tests.unit.design.strategies import clusters, fits

from rackwright.design.build import design as build
from rackwright.design.draft import Draft, SwitchDraft
from rackwright.design.floor import Spot
from rackwright.design.places import Place, places
from rackwright.design.racks import UNIT_M
from rackwright.design.room import Room
from rackwright.models.design import Design
from rackwright.models.spec import ClusterSpec

QUICK = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
ROOMS = st.fixed_dictionaries(
    {
        "rack_units": st.sampled_from([24, 42, 48, 52]),
        "rack_power_kw": st.sampled_from([11, 20, 44, 120]),
        "rack_weight_kg": st.sampled_from([None, 400, 1500]),
        "racks_per_row": st.sampled_from([None, 4, 10]),
    }
)


@st.composite
def sites(draw: st.DrawFn) -> dict[str, Any]:
    """A cluster in a room of some kind."""
    data = draw(clusters())
    data["physical"] = {key: value for key, value in draw(ROOMS).items() if value is not None}
    assume(fits(data))
    return data


def of(data: dict[str, Any]) -> Design:
    return build(ClusterSpec.model_validate(data), tables())


@QUICK
@given(sites())
def test_units_power_and_weight_are_kept_and_no_two_devices_overlap(data):
    plan = of(data)
    room = plan.spec.physical
    standing = 0
    for rack in plan.racks:
        filled: set[int] = set()
        for lowest, height, device in rack.slots:
            mine = set(range(lowest, lowest + height))
            assert not filled & mine, f"{device} overlaps in {rack.name}"
            assert min(mine) >= 1
            assert max(mine) <= room.rack_units
            filled |= mine
            standing += 1
        assert (rack.power_w or 0) <= room.rack_power_kw * 1000
        assert room.rack_weight_kg is None or (rack.weight_kg or 0) <= room.rack_weight_kg
    assert standing == len(plan.servers) + len(plan.switches)


def standing(data: dict[str, Any]) -> tuple[Design, dict[str, Spot]]:
    """A design, and every device's spot as it was made."""
    kept: dict[str, Spot] = {}

    class Keeping(Room):
        def spots(self, stand: Iterable[Place], switches: Iterable[SwitchDraft]) -> dict[str, Spot]:
            kept.update(super().spots(stand, switches))
            return kept

    with mock.patch("rackwright.design.build.Room", Keeping):
        return of(data), kept


def racks_on_floor(spots: dict[str, Spot]) -> dict[str, tuple[float, float]]:
    return {spot.rack: (round(spot.x, 3), round(spot.y, 3)) for spot in spots.values()}


@QUICK
@given(sites())
def test_no_two_racks_stand_in_one_place(data):
    plan, spots = standing(data)
    place = racks_on_floor(spots)
    assert {rack.name for rack in plan.racks} == set(place)
    crowded: dict[tuple[float, float], list[str]] = {}
    for rack, where in place.items():
        crowded.setdefault(where, []).append(rack)
    assert [racks for racks in crowded.values() if len(racks) > 1] == []


@QUICK
@given(sites(), st.integers(1, 40), st.integers(0, 6))
def test_growth_moves_no_device_and_no_rack(data, servers, storage):
    larger = copy.deepcopy(data)
    larger["machines"]["gpu"]["count"] += servers
    larger["machines"]["storage"]["count"] += storage
    assume(fits(larger))
    (before, was), (after, grown) = standing(data), standing(larger)
    # A fabric that does not pin its tiers and its pods is designed anew when it outgrows them.
    assume(
        [len(fabric.tiers) for fabric in before.fabrics] == [len(fabric.tiers) for fabric in after.fabrics]
    )
    pods = {switch.name: switch.pod for switch in after.switches}
    assume(all(pods.get(switch.name) == switch.pod for switch in before.switches))
    now = {device.name: (device.rack, device.rack_unit) for device in (*after.servers, *after.switches)}
    for device in (*before.servers, *before.switches):
        assert now[device.name] == (device.rack, device.rack_unit)
    rows = {rack.name: rack.row for rack in after.racks}
    assert all(rows[rack.name] == rack.row for rack in before.racks)
    floor = racks_on_floor(grown)
    assert all(floor[rack] == spot for rack, spot in racks_on_floor(was).items())


@QUICK
@given(sites())
def test_a_cable_is_at_least_as_long_as_the_way_between_its_ends(data):
    plan, spots = standing(data)
    for cable in plan.cables:
        a, z = spots.get(cable.a.device), spots.get(cable.z.device)
        if a is None or z is None:
            assert cable.length_m is None
            continue
        straight = math.dist((a.x, a.y, a.unit * UNIT_M), (z.x, z.y, z.unit * UNIT_M))
        assert cable.length_m is not None
        assert cable.length_m >= straight


def test_a_large_site_stays_compact():
    """384 units of 32 servers: more than 12,000 servers within 100 m of the corner, each way."""
    spec = ClusterSpec.model_validate(bent(machines__gpu={"sku": "dgx-h100", "count": 12_288}))
    spots = Room(spec, tables()).spots(places(spec, tables()), Draft().switches)
    assert max(spot.x for spot in spots.values()) < 100
    assert max(spot.y for spot in spots.values()) < 160


def test_management_cables_of_a_large_site_are_short_enough_for_twisted_pair():
    """2,048 servers, three tiers, a routed out-of-band network: its switches stand near what they serve."""
    data = bent(
        machines__gpu={"sku": "dgx-h100", "count": 2_048},
        fabrics__backend={
            "kind": "roce",
            "switch": "sn5600",
            "nos": "frr",
            "topology": "rail-optimised",
            "tiers": 3,
        },
        fabrics__oob__routed=True,
        planes__compute__prefix="10.0.0.0/10",
        planes__storage__prefix="10.64.0.0/12",
        planes__business__prefix="10.80.0.0/12",
        planes__management__prefix="10.96.0.0/11",
        fabrics__frontend__hosts_per_leaf=None,
        fabrics__frontend__spines=None,
    )
    plan, spots = standing(data)
    place = racks_on_floor(spots)
    assert len(set(place.values())) == len(place)
    copper = [cable for cable in plan.cables if cable.speed_gbps == 1 and cable.a.device != "controller"]
    assert len(copper) > 4_096
    assert max(cable.length_m or 0 for cable in copper) < 100
    assert any(rack.row.startswith("pod") for rack in plan.racks)


@pytest.mark.parametrize("units", [1, 5, 12])
def test_power_by_row_adds_up_to_the_site(units):
    from rackwright.design.power import power, row_power

    gpu = {"sku": "dgx-h100", "count": 8 * units, "unit_size": 8, "rails": 4}
    plan = made(machines__gpu=gpu, fabrics__backend__spines=None)
    rows = row_power(plan)
    watts = {row.row: row.power.known_w for row in rows}
    assert [watts[f"su{unit + 1:02d}"] for unit in range(units)] == [8 * 10_200] * units
    assert sum(row.racks for row in rows) == len(plan.racks)
    assert sum(row.power.known_w for row in rows) == power(plan).known_w == 8 * units * 10_200
    silent = len(plan.switches) + sum(server.gpus == 0 for server in plan.servers)
    assert power(plan).unknown == sum(row.power.unknown for row in rows) == silent
