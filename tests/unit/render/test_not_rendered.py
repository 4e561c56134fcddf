"""An operating system without templates is named, and everything else is still rendered."""

from __future__ import annotations

import pytest
from tests.unit.design.clusters import made

from rackwright.render import nos
from rackwright.render.build import render


def test_every_shipped_cluster_is_rendered_whole(site):
    design, files = site
    assert files.not_rendered == ()
    assert {device.name for device in (*design.servers, *design.switches)} - set(files.devices) <= {
        switch.name for switch in design.switches if switch.nos == "opensm"
    }


@pytest.fixture
def without_frr(monkeypatch):
    monkeypatch.setattr(nos, "MODULES", {name: path for name, path in nos.MODULES.items() if name != "frr"})
    design = made()
    return design, render(design)


def test_switches_without_templates_are_listed_and_have_no_files(without_frr):
    design, files = without_frr
    assert {switch.name for switch in design.switches} & set(files.devices) == set()
    assert [sentence.split(":")[0] for sentence in files.not_rendered] == ["backend", "frontend", "oob"]


def test_servers_are_always_rendered(without_frr):
    design, files = without_frr
    assert {server.name for server in design.servers} <= set(files.devices)
