"""An operating system without templates is named, and everything else is still rendered."""

from __future__ import annotations


def test_switches_without_templates_are_listed_and_have_no_files(site):
    design, files = site
    missing = {switch.name for switch in design.switches} - set(files.devices)
    unknown = {switch.name for switch in design.switches if switch.nos != "frr"}
    assert missing == unknown
    assert bool(files.not_rendered) == bool(unknown)
    for sentence in files.not_rendered:
        assert sentence.split(":")[0] == "backend"


def test_servers_are_always_rendered(site):
    design, files = site
    assert {server.name for server in design.servers} <= set(files.devices)
