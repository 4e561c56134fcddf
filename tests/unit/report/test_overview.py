"""The overview of a large fabric: every switch once, every unit a tile, faults in red at their place."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from tests.unit.design.clusters import made

from rackwright.report import fabric, overview
from rackwright.report.marks import Marks

NOTHING = Marks(frozenset())


@pytest.fixture(scope="module")
def design():
    """Twelve units of the reference size: more leaves than lines can show."""
    return made(
        machines__gpu={"sku": "dgx-h100", "count": 12 * 32},
        fabrics__frontend__hosts_per_leaf=None,
        fabrics__frontend__spines=None,
        fabrics__backend__spines=None,
    )


def _elements(svg):
    return ElementTree.fromstring(svg).iter()  # noqa: S314 - our own text


def titles(svg):
    return [element.text or "" for element in _elements(svg) if element.tag == "title"]


def test_every_switch_of_the_fabric_is_there_once(design):
    svg, left_out = fabric.draw(design, "backend", NOTHING)
    named = [title.split(":")[0] for title in titles(svg)]
    for switch in design.switches:
        if switch.fabric == "backend":
            assert named.count(switch.name) == 1
    assert left_out == ""


def test_every_unit_has_a_tile_that_counts_its_servers(design):
    svg, _ = fabric.draw(design, "backend", NOTHING)
    tiles = [title for title in titles(svg) if re.match(r"su\d\d:", title)]
    assert tiles == [f"su{unit:02d}: 8 leaves, 32 servers, 0 faulty cables" for unit in range(1, 13)]


def test_a_blamed_cable_marks_its_leaf_and_its_unit(design):
    cable = next(c for c in design.cables if c.a.device == "backend-su03-r5")
    svg, _ = fabric.draw(design, "backend", Marks(frozenset({f"{cable.a.device}:{cable.a.port}"})))
    assert "su03: 8 leaves, 32 servers, 1 faulty cables" in titles(svg)
    assert svg.count('class="cell bad"') == 1
    assert svg.count('class="host bad"') == 1


def test_a_small_fabric_keeps_its_lines():
    small = made()
    svg, _ = fabric.draw(small, "backend", NOTHING)
    assert svg != overview.draw(small, "backend", NOTHING)
    assert "<path" in svg


def test_the_picture_of_a_large_fabric_stays_small(design):
    svg, _ = fabric.draw(design, "backend", NOTHING)
    assert len(svg) < 120_000
