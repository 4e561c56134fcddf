"""vtysh reads what was rendered; what is planted is found with its line; a sample is chosen by shape."""

from __future__ import annotations

import pytest
from tests.unit.render.handmade import rendered, three_tiers
from tests.unit.render.test_frr import needs_frr

from rackwright.errors import WorldRefused
from rackwright.render.build import Files
from rackwright.validate import frr, sample

LEAF = "backend-su01-r0"


def planted(design, good, bad, device=LEAF):
    made = rendered(design)
    text = made.devices[device][frr.PATH]
    assert good in text
    changed = {**made.devices[device], frr.PATH: text.replace(good, bad, 1)}
    return Files({**made.devices, device: changed}, made.site)


@needs_frr
def test_what_is_rendered_passes():
    design = three_tiers()
    assert frr.fits(design)
    assert frr.check(design, rendered(design)) == []
    assert frr.not_measured(design) == []


@needs_frr
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (" bgp graceful-restart\n", " bgp gracefull-restart\n"),
        ("  maximum-paths 64\n", "  maximum-paths 4096\n"),
        (" match as-path LOCAL\n", " match aspath LOCAL\n"),
        ("  redistribute connected route-map CONNECTED\n", "  redistribute conected route-map CONNECTED\n"),
    ],
)
def test_a_planted_line_is_found_with_its_number(good, bad):
    design = three_tiers()
    made = planted(design, good, bad)
    [finding] = frr.check(design, made)
    number = made.devices[LEAF][frr.PATH].splitlines().index(bad.strip("\n")) + 1
    assert finding.where == f"{LEAF}:{frr.PATH}:{number}"
    assert finding.found == bad.strip()


@needs_frr
def test_a_missing_file_is_a_finding():
    design = three_tiers()
    made = rendered(design)
    less = Files({name: texts for name, texts in made.devices.items() if name != LEAF}, made.site)
    assert [finding.found for finding in frr.check(design, less)] == ["no file"]


def test_a_vtysh_that_does_not_run_is_no_verdict(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    design = three_tiers()
    with pytest.raises(WorldRefused):
        frr.check(design, rendered(design))


def test_of_many_files_one_of_each_shape_is_read_and_it_is_said(monkeypatch):
    monkeypatch.setattr(sample, "ALL_UP_TO", 5)
    design = three_tiers()
    texts = {name: made[frr.PATH] for name, made in rendered(design).devices.items() if frr.PATH in made}
    read = sample.chosen(texts)
    assert len(texts) == 10
    assert {name.split("-")[-2] if "su0" not in name else "leaf" for name in read} == {
        "core",
        "spine",
        "leaf",
    }
    assert len(read) == 3
    assert "one of each shape" in frr.not_measured(design)[0]


def test_a_file_that_says_something_else_is_a_shape_of_its_own(monkeypatch):
    monkeypatch.setattr(sample, "ALL_UP_TO", 5)
    design = three_tiers()
    made = planted(design, " bgp graceful-restart\n", " bgp gracefull-restart\n", "backend-su02-r1")
    texts = {name: files[frr.PATH] for name, files in made.devices.items() if frr.PATH in files}
    assert "backend-su02-r1" in sample.chosen(texts)
