"""The contract: defaults under a site's changes, what contradicts itself, headroom by speed and cable."""

from __future__ import annotations

import dataclasses

import pytest

from rackwright.design.draft import ETHERNET_MTU
from rackwright.load.catalog import tables
from rackwright.models.qos import RoceContract
from rackwright.models.spec import RoceSettings
from rackwright.paths import home
from rackwright.qos.contract import merged, rdma_mtu
from rackwright.qos.headroom import headroom, least_bytes, xoff_bytes
from rackwright.qos.mistakes import mistakes, queue_bytes

DEFAULTS = tables(home()).planes["compute"].roce
CONTRACT = merged(DEFAULTS, RoceSettings(), 9000)


def test_defaults_are_what_the_field_writes():
    assert (CONTRACT.dscp, CONTRACT.tos, CONTRACT.priority) == (26, 106, 3)
    assert (CONTRACT.cnp_dscp, CONTRACT.cnp_tos, CONTRACT.cnp_priority) == (48, 192, 6)
    assert (CONTRACT.ecn_min_bytes, CONTRACT.ecn_max_bytes) == (150_000, 1_500_000)
    assert (CONTRACT.mtu, CONTRACT.switch_mtu, CONTRACT.rdma_mtu) == (9000, 9216, 4096)
    assert [(row.name, row.number, row.percent) for row in CONTRACT.classes] == [
        ("lossy", 0, 50),
        ("lossless", 3, 50),
        ("cnp", 6, None),
    ]


def test_a_change_touches_its_own_key_only():
    changed = merged(DEFAULTS, RoceSettings(dscp=24, bandwidth_percent=95), 9000)
    differs = {
        field.name
        for field in dataclasses.fields(RoceContract)
        if getattr(changed, field.name) != getattr(CONTRACT, field.name)
    }
    assert differs == {"dscp", "bandwidth_percent"}
    assert changed.tos == 98
    assert changed.classes[0].percent == 5


def test_only_data_and_cnps_leave_the_lossy_class():
    assert {dscp: CONTRACT.priority_of(dscp) for dscp in range(64) if CONTRACT.priority_of(dscp)} == {
        26: 3,
        48: 6,
    }


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, []),
        ({"cnp_priority": 3}, ["cnp_priority"]),
        ({"priority": 0}, ["priority"]),
        ({"cnp_priority": 0}, ["cnp_priority"]),
        ({"dscp": 48}, ["cnp_dscp"]),
        ({"dscp": 0}, ["dscp"]),
        ({"ecn_min_bytes": 1_500_000}, ["ecn_min_bytes"]),
        ({"ecn_max_bytes": 20_000_000}, ["ecn_max_bytes"]),
    ],
)
def test_contradictions_are_found_at_their_key(changes, keys):
    contract = merged(DEFAULTS, RoceSettings(**changes), 9000)
    assert [row.key for row in mistakes(contract, "sonic", 64_000_000)] == keys


def test_a_class_that_an_os_keeps_for_itself():
    contract = merged(DEFAULTS, RoceSettings(cnp_priority=7), 9000)
    assert [row.key for row in mistakes(contract, "eos", None)] == ["cnp_priority"]
    assert mistakes(contract, "sonic", None) == []


def test_nothing_is_said_of_a_buffer_that_is_not_public():
    contract = merged(DEFAULTS, RoceSettings(ecn_max_bytes=2_000_000_000), 9000)
    assert mistakes(contract, "sonic", None) == []
    assert queue_bytes(64_000_000) == 16_000_000


@pytest.mark.parametrize(
    ("mtu", "size"), [(9000, 4096), (4180, 4096), (4179, 2048), (1500, 1024), (1280, 1024)]
)
def test_rdma_mtu_fits_the_ports(mtu, size):
    assert rdma_mtu(mtu) == size


@pytest.mark.parametrize(("metres", "room"), [(5, 149_788), (30, 171_388), (100, 231_868)])
def test_headroom_is_the_drivers(metres, room):
    """At 400G and MTU 9216; the driver counts in whole numbers, so that a byte may be missing."""
    assert room - 1 <= xoff_bytes(400, metres, 9216) <= room
    assert headroom(400, metres, 9216).xoff - xoff_bytes(400, metres, 9216) in range(1024)


SONIC_MGMT = [
    (400, 5, 86_016),
    (400, 40, 124_928),
    (400, 300, 420_864),
    (100, 5, 53_248),
    (100, 40, 63_488),
    (100, 300, 137_216),
]


@pytest.mark.parametrize(("speed", "metres", "size"), SONIC_MGMT)
def test_headroom_is_no_less_than_what_sonic_is_tested_with(speed, metres, size):
    assert headroom(speed, metres, 9216).size >= size


@pytest.mark.parametrize("speed", [40, 100, 200, 400, 800])
def test_headroom_is_more_than_physics_asks_for(speed):
    for metres in (1, 5, 30, 100, 300, 2000):
        assert headroom(speed, metres, 9216).xoff > least_bytes(speed, metres, 9216)


def test_switches_are_as_wide_as_the_design_makes_them():
    assert CONTRACT.switch_mtu == ETHERNET_MTU


def test_an_unknown_length_is_taken_as_long():
    assert headroom(400, None, 9216) == headroom(400, 100, 9216)
