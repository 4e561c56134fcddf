"""The page: whole, self-contained, right about what was and was not measured; pictures mark what a finding
names."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "verify"))
from world import World

from rackwright.pipeline import plan
from rackwright.report.build import page
from rackwright.verify import causes
from rackwright.verify.model import Result

CLUSTERS = ("lab", "superpod-h100-127", "mi300x-64")
MADE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Balance(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def verified(world: World) -> Result:
    verdicts = world.verdicts()
    devices = {
        n: {"kind": w.kind, "role": w.role, "answered": True, "seconds": 1.0, "wrong": None}
        for n, w in world.expected.items()
    }
    return Result(
        "lab", True, "2026-01-01", 9.5, "0.1.0", devices, tuple(verdicts), tuple(causes.find(verdicts))
    )


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_a_design_alone_makes_a_whole_page(cluster):
    html = page(plan(cluster).design, None, "cluster.yaml", MADE)
    balance = Balance()
    balance.feed(html)
    assert balance.wrong == []
    assert balance.open == []
    assert "Design only: nothing was measured yet" in html
    assert "Results by node" not in html
    assert ' class="cable bad"' not in html


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_the_page_needs_nothing_beside_itself(cluster):
    html = page(plan(cluster).design, None, "cluster.yaml", MADE)
    assert not re.search(r"<script|<link|<img|@import|url\(", html)
    assert not re.search(r'(src|href)="', html)


def test_every_cable_of_a_small_cluster_is_drawn():
    design = plan("lab").design
    html = page(design, None, "cluster.yaml", MADE)
    svgs = re.findall(r"<svg.*?</svg>", html, flags=re.S)
    for svg in svgs:
        ElementTree.fromstring(svg)  # noqa: S314 - our own text
    for cable in design.cables:
        assert f"{cable.a.device}:{cable.a.port} to {cable.z.device}:{cable.z.port}" in html
    for rack in design.racks:
        for _, _, device in rack.slots:
            assert f">{device}</text>" in html


def test_every_cable_of_a_large_cluster_is_drawn_or_its_absence_is_said():
    design = plan("superpod-h100-127").design
    html = page(design, None, "cluster.yaml", MADE)
    missing = [c for c in design.cables if f"{c.a.device}:{c.a.port} to {c.z.device}:{c.z.port}" not in html]
    assert missing == []


def test_the_same_input_gives_the_same_bytes():
    design = plan("lab").design
    assert page(design, None, "c.yaml", MADE) == page(design, None, "c.yaml", MADE)


def test_a_clean_verify_says_so_and_that_hardware_was_simulated():
    html = page(plan("lab").design, verified(World()), "cluster.yaml", MADE)
    assert "Verified: no finding" in html
    assert "Simulated hardware" in html
    assert "Results by node" in html
    assert "<h2>Findings</h2>" not in html


def test_a_finding_is_told_and_marked_in_the_pictures():
    world = World()
    world.pull("gpu-su01-n01:enp24s0np0")
    html = page(world.design, verified(world), "cluster.yaml", MADE)
    assert "1 finding<" in html
    assert "backend-su01-r0:swp1s0 - gpu-su01-n01:enp24s0np0" in html
    assert html.count('class="cable bad"') == 1
    assert "Explains 29 further measurements" in html


def test_text_from_machines_is_escaped():
    world = World()
    world.answer("gpu-su01-n01", "gpus", "<script>alert(1)</script>", 9)
    html = page(world.design, verified(world), "cluster.yaml", MADE)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_reference_cluster_takes_less_than_five_seconds():
    design = plan("superpod-h100-127").design
    begun = time.monotonic()
    assert len(page(design, None, "cluster.yaml", MADE)) < 2_000_000
    assert time.monotonic() - begun < 5
