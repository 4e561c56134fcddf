"""What a shard configures one by one."""

from __future__ import annotations

from tests.unit.validate.subnets import units

from rackwright.up.shards import switches


def test_infiniband_switches_are_nobodys_to_log_in_to():
    design = units(31, 4)
    found = {switch.name for shard in ("core", "su01") for switch in switches(design, shard)}
    assert found == {switch.name for switch in design.switches if switch.fabric != "backend"}
    assert any(name.startswith("frontend") for name in found)
