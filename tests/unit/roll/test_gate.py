"""The health gate's reason: every due fact that did not pass; what was not measured has not passed."""

from __future__ import annotations

from rackwright.roll.gate import NAMES, reason
from rackwright.verify.model import Verdict


def verdict(check, outcome, found="a", due=True, port=None):
    return Verdict(check, "node", "h1", port, outcome, found, "b", "a tool", due=due)


def test_all_pass():
    assert reason([verdict("x", "pass"), verdict("y", "not measured", due=False)]) == ""


def test_what_failed_is_named_with_layer_found_and_expected():
    assert reason([verdict("GPU count", "fail", "7")]) == "node: GPU count: found 7, expected b"
    assert reason([verdict("mtu", "fail", port="eth0")]) == "node: eth0 mtu: found a, expected b"


def test_a_missing_measurement_is_no_pass():
    assert (
        reason([verdict("ECC", "not measured", "no answer")])
        == "node: ECC: not measured: no answer, expected b"
    )


def test_many_are_counted():
    assert reason([verdict(f"c{i}", "fail") for i in range(9)]).endswith("; and 5 more")


def test_it_sends_no_probe_and_writes_nothing():
    assert {"software", "counts", "ports", "neighbours", "rules", "routes"} <= set(NAMES)
    assert not {"probing", "writable"} & set(NAMES)
