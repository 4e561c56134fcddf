"""Rules and tables of sharing: names exist, profiles switch their gates on, classes belong to drivers."""

from __future__ import annotations

import kubernetes_validate
import pytest
from tests.unit.kubernetes.clusters import planned

from rackwright.gpu_sharing.classes import classes
from rackwright.gpu_sharing.gates import gates
from rackwright.gpu_sharing.opaque import chart_values, opaque
from rackwright.gpu_sharing.partitions import modes
from rackwright.gpu_sharing.profile import Profile
from rackwright.gpu_sharing.rules import Excludes, Needs, OfProfile, gates_of, rules
from rackwright.load.catalog import tables
from rackwright.paths import home


def test_rules_name_gates_that_are_there():
    named = set()
    for rule in rules().values():
        if isinstance(rule, Excludes):
            named |= set(rule.gates)
        elif isinstance(rule, Needs):
            named |= {rule.gate, rule.of}
        elif isinstance(rule, OfProfile):
            named.add(rule.gate)
    assert named <= set(gates())


@pytest.mark.parametrize(
    ("kind", "gate"),
    [("mps", "MPSSupport"), ("time-slicing", "TimeSlicingSettings"), ("mig-dynamic", "DynamicMIG")],
)
def test_a_profile_switches_its_gate_on(kind, gate):
    assert gates_of({kind}, set()) == {gate: kind}


@pytest.mark.parametrize("kind", ["whole", "mig", "partition"])
def test_others_need_none(kind):
    assert gates_of({kind}, set()) == {}


def test_a_gate_that_is_on_by_itself_is_not_set():
    section = "kubernetes: {dra: {features: [ComputeDomainCliques, NVMLDeviceHealthCheck]}}"
    assert planned(section).design.kubernetes.driver_gates == ("NVMLDeviceHealthCheck",)


def test_dynamic_mig_brings_the_feature_it_stands_on():
    """On by itself from 1.36 on: the lock of Ubuntu has that, the one of Debian 1.34."""
    section = 'kubernetes: {sharing: {gpu: "mig:dynamic"}}'
    design = planned(section).design.kubernetes
    assert (design.line, design.features) == ("1.36", ())
    assert chart_values(design)["featureGates"] == {"DynamicMIG": True}


def test_only_nvidia_is_told_about_sharing():
    assert opaque(Profile("whole"), "gpu") == []
    assert opaque(Profile("partition", modes="cpx-nps4"), "gpu") == []
    config = opaque(Profile("mps"), "gpu")[0]
    assert config["opaque"]["parameters"]["sharing"] == {"strategy": "MPS", "mpsConfig": {}}


@pytest.mark.parametrize("sku", ["dgx-h100", "mi300x-8gpu"])
@pytest.mark.parametrize("network", ["dranet", "sriov", "none"])
def test_classes_are_those_of_the_drivers(sku, network):
    design = planned(f"kubernetes: {{dra: {{network: {network}}}}}", sku).design.kubernetes
    found = classes(design)
    for each in found:
        kubernetes_validate.validate(each.manifest(), "1.37", strict=True)
    assert [each.name for each in found if each.ours] == (["dranet"] if network == "dranet" else [])


def test_every_model_of_amd_has_modes_and_the_first_is_the_whole_gpu():
    for name, gpu in tables(home()).gpus.items():
        if gpu.vendor == "amd":
            assert next(iter(modes(name).values())) == 1
