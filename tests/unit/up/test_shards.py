"""What a shard configures one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.validate.subnets import units

from rackwright.errors import UsageError
from rackwright.pipeline import plan
from rackwright.resources import site
from rackwright.up.shards import only, steps, switches


def test_infiniband_switches_are_nobodys_to_log_in_to():
    design = units(31, 4)
    found = {switch.name for shard in ("core", "su01") for switch in switches(design, shard)}
    assert found == {switch.name for switch in design.switches if switch.fabric != "backend"}
    assert any(name.startswith("frontend") for name in found)


def test_only_the_named_layers_in_their_own_order():
    every = steps(units(31, 4))
    found = only(every, ["platform", "servers"])
    assert [step.name for step in found] == ["servers", "foundation", "platform"]
    assert only(every, []) == every


def test_unknown_layers_are_all_named_at_once():
    with pytest.raises(UsageError, match="found cloud, moon, expected some of fabric, servers"):
        only(steps(units(31, 4)), ["cloud", "servers", "moon"])


def test_a_kubeconfig_adds_one_last_stack_and_nothing_else_moves():
    plain = units(31, 4)
    access = plain.spec.access.model_copy(update={"kubeconfig": "state:kubeconfig"})
    with_it = replace(plain, spec=plain.spec.model_copy(update={"access": access}))
    assert steps(with_it)[:-1] == steps(plain)
    last = steps(with_it)[-1]
    assert (last.name, last.layer, last.shards) == ("kubernetes", "platform", ("kubernetes",))
    assert "kubeconfig" not in site.of(plain.spec, Path("c.yaml"))["access"]  # nor do the inputs


def test_a_cluster_with_kubernetes_begins_with_its_control_plane():
    platform = next(step for step in steps(plan("lab-kubernetes").design) if step.name == "platform")
    assert platform.stages() == (("core",), ("su01",))
