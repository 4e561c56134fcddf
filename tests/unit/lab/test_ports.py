"""Which interfaces a machine made itself (they go with its power) and which are its cables (they stay)."""

from __future__ import annotations

import pytest

from rackwright.lab.ports import _made_inside


@pytest.mark.parametrize(
    ("facts", "inside"),
    [
        ({"linkinfo": {"info_kind": "bridge"}}, True),
        ({"linkinfo": {"info_kind": "vxlan"}}, True),
        ({"linkinfo": {"info_kind": "veth"}}, False),
        ({"linkinfo": {"info_slave_kind": "bridge"}}, False),
        ({}, False),
    ],
)
def test_made_inside(facts: dict[str, object], inside: bool) -> None:
    assert _made_inside(facts) is inside
