"""Feature gates: what a release has, and what has to be switched on in it."""

from __future__ import annotations

import pytest

from rackwright.gpu_sharing.gates import gates
from rackwright.kubernetes.features import features, served, to_set
from rackwright.locks.versions import Version


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("DRAExtendedResource", {"1.33": "absent", "1.34": "off", "1.36": "on", "1.37": "locked"}),
        ("DynamicResourceAllocation", {"1.33": "off", "1.34": "on", "1.35": "locked", "1.38": "absent"}),
        ("DRAListTypeAttributes", {"1.35": "absent", "1.37": "off"}),
    ],
)
def test_a_release_stands_to_a_gate_as_the_table_says(name, states):
    assert {line: features()[name].state(line) for line in states} == states


def test_only_what_is_off_is_switched_on():
    asked = ["DRAPartitionableDevices", "DRAAdminAccess", "DRAListTypeAttributes"]
    assert to_set(asked, "1.36") == ("DRAListTypeAttributes",)
    assert to_set(asked[:2], "1.34") == ("DRAPartitionableDevices",)


def test_an_api_that_is_off_is_served_with_its_gate():
    assert served(["DRADeviceTaintRules"], "1.36") == ("resource.k8s.io/v1beta2",)
    assert served(["DRADeviceTaintRules"], "1.37") == ()


def test_stages_come_in_order():
    for name, row in features().items():
        stages = [Version(line) for line in (row.since, row.default, row.locked, row.gone) if line]
        assert stages == sorted(stages), name


def test_gates_of_the_driver_stand_on_features_that_are_known():
    assert {row.kubernetes for row in gates().values() if row.kubernetes} <= set(features())
