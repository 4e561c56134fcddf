"""Cables and transceivers: the right part for speed, length and the cages at both ends."""

import dataclasses

import pytest
from tests.unit.design.clusters import tables

from rackwright.design.optics import Drawer, Plug, named, stock
from rackwright.models.tables import CableModel

LEAF, SPINE, WHOLE = Plug("osfp", 2), Plug("osfp", 2), Plug("osfp")
CARD, TWIN, SMALL = Plug("osfp-flat"), Plug("osfp-flat", 2), Plug("qsfp112")
XDR, XDR_CARD = Plug("osfp-xdr", 2), Plug("osfp-flat")
DD, DD_WHOLE, Q28, RJ45 = Plug("qsfp-dd", 2), Plug("qsfp-dd"), Plug("qsfp28"), Plug("rj45")


@pytest.mark.parametrize(
    ("speed", "metres", "a", "z", "protocol", "parts"),
    [
        # 400G from a split cage to whole ones: breakout copper, then multimode, then single mode
        (400, 1, LEAF, CARD, "infiniband", ["MCP7Y00-N001"]),
        (400, 3, LEAF, CARD, "ethernet", ["MCP7Y00-N003"]),
        (400, 3, LEAF, SMALL, "ethernet", ["MCP7Y10-N003"]),
        (400, 4, LEAF, CARD, "ethernet", ["MMA4Z00-NS", "MMA4Z00-NS400", "MFP7E10-N{m:03}"]),
        (400, 50, LEAF, SMALL, "infiniband", ["MMA4Z00-NS", "MMA1Z00-NS400", "MFP7E10-N{m:03}"]),
        (400, 51, LEAF, CARD, "infiniband", ["MMS4X00-NS", "MMS4X00-NS400", "MFP7E30-N{m:03}"]),
        (400, 101, LEAF, CARD, "infiniband", None),
        # the two ports of a DGX's cage go to two leaves: no copper, however near
        (400, 1, LEAF, TWIN, "infiniband", ["MMA4Z00-NS", "MMA4Z00-NS-FLT", "MFP7E10-N{m:03}"]),
        # the halves of twin-port switch cages go to two spines
        (400, 2, LEAF, SPINE, "infiniband", ["MMA4Z00-NS", "MMA4Z00-NS", "MFP7E10-N{m:03}"]),
        (400, 90, LEAF, SPINE, "infiniband", ["MMS4X00-NS", "MMS4X00-NS", "MFP7E30-N{m:03}"]),
        (400, 200, LEAF, SPINE, "ethernet", ["MMS4X00-NM", "MMS4X00-NM", "OS2-MPO12-TRUNK"]),
        (400, 900, LEAF, SPINE, "ethernet", ["MMS4X50-NM", "MMS4X50-NM", "OS2-LC-DUPLEX"]),
        (400, 2001, LEAF, SPINE, "ethernet", None),
        # 800G between whole cages
        (800, 2, WHOLE, WHOLE, "ethernet", ["MCP4Y10-N002"]),
        (800, 3, WHOLE, WHOLE, "ethernet", ["MMA4Z00-NS", "MMA4Z00-NS", "MFP7E10-N{m:03}"]),
        (
            800,
            20,
            Plug("qsfp-dd"),
            DD_WHOLE,
            "ethernet",
            ["QDD-2X400G-SR4", "QDD-2X400G-SR4", "MFP7E10-N{m:03}"],
        ),
        # XDR: single mode only, whatever the length; no NDR module in an XDR fabric
        (800, 1, XDR, XDR_CARD, "infiniband", ["MMS4A00-XM", "MMS4A20-XM800", "MFP7E30-N{m:03}"]),
        (800, 300, XDR, XDR, "infiniband", ["MMS4A00-XM", "MMS4A00-XM", "OS2-MPO12-TRUNK"]),
        # a NIC's ports on two fabric planes
        (400, 5, LEAF, TWIN, "ethernet", ["MMA4Z00-NS", "MMA4Z00-NS-FLT", "MFP7E10-N{m:03}"]),
        # 200G: four ways out of a cage, over splitters
        (200, 2, Plug("osfp", 4), SMALL, "ethernet", ["MCP7Y40-N002"]),
        (200, 9, Plug("osfp", 4), SMALL, "ethernet", ["MMA4Z00-NS", "MMA1Z00-NS400", "MFP7E20-N{m:03}"]),
        (200, 9, Plug("osfp", 4), Plug("osfp", 4), "ethernet", None),
        # 100G and below
        (100, 3, Q28, SMALL, "ethernet", ["QSFP28-100GBASE-CR4"]),
        (100, 20, Q28, Q28, "ethernet", ["MFA1A00-C020"]),
        (100, 31, Q28, Plug("qsfp56"), "ethernet", ["MMA1B00-C100D", "MMA1B00-C100D", "OM4-MPO12"]),
        (100, 101, Q28, Q28, "ethernet", ["MMA1L30-CM", "MMA1L30-CM", "OS2-LC-DUPLEX"]),
        (25, 3, Plug("sfp28"), Plug("sfp28"), "ethernet", ["SFP28-25GBASE-CR"]),
        (25, 30, Plug("sfp28"), Plug("sfp28"), "ethernet", ["MMA2P00-AS", "MMA2P00-AS", "OM4-LC-DUPLEX"]),
        (10, 100, RJ45, RJ45, "ethernet", ["CAT6A"]),
        (1, 100, RJ45, RJ45, "ethernet", ["CAT6A"]),
        (1, 101, RJ45, RJ45, "ethernet", None),
        # what the catalog does not know
        (400, 1, Plug(""), CARD, "ethernet", None),
        (800, 1, XDR, XDR_CARD, "ethernet", None),
    ],
)
def test_the_part_for_a_link(speed, metres, a, z, protocol, parts):
    choice = Drawer(tables()).choose(speed, metres, a, z, protocol)
    if parts is None:
        assert choice is None
        return
    assert choice is not None
    rows = [choice.a, choice.z, choice.fibre] if choice.cable is None else []
    assert [row.part for row in rows] == (parts if len(parts) > 1 else [])
    assert choice.part == parts[0]
    assert choice.reach_m >= metres


def test_800g_over_two_halves_takes_two_fibres():
    drawer = Drawer(tables())
    whole, half = (
        drawer.choose(800, 9, WHOLE, WHOLE, "ethernet"),
        drawer.choose(400, 9, LEAF, SPINE, "ethernet"),
    )
    assert whole is not None
    assert half is not None
    assert (whole.fibres, half.fibres) == (2, 1)


def test_the_shortest_row_that_reaches_is_taken_whatever_the_order():
    rows = [
        CableModel("LONG", "dac", 400, 9, "", "", (("osfp",), ("osfp",))),
        CableModel("SHORT", "dac", 400, 3, "", "", (("osfp",), ("osfp",))),
        CableModel("LIGHT", "aoc", 400, 3, "", "", (("osfp",), ("osfp",))),
    ]
    drawer = Drawer(dataclasses.replace(tables(), cables=tuple(rows), modules=()))
    found = [drawer.choose(400, metres, WHOLE, WHOLE, "ethernet") for metres in (2, 4, 10)]
    assert [choice.part if choice else None for choice in found] == ["SHORT", "LONG", None]


@pytest.mark.parametrize(
    ("lengths", "metres", "bought"), [((1, 3, 5), 1, 1), ((1, 3, 5), 4, 5), ((), 33, 33), ((1, 3), 9, 9)]
)
def test_what_is_bought_is_long_enough(lengths, metres, bought):
    assert stock(lengths, metres) == bought
    assert named("X-{m:03}", bought) == f"X-{bought:03}"
