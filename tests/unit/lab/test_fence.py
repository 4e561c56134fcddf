"""The fence's rules, and its counters as nft lists them."""

from __future__ import annotations

import pytest

from rackwright import pipeline
from rackwright.lab import fence

DESIGN = pipeline.plan("lab").design


def lines(name: str) -> list[str]:
    server = next(server for server in DESIGN.servers if server.name == name)
    return [line.strip() for line in fence.rules(DESIGN, server).splitlines()]


def test_only_depot_controller_and_own_planes_are_accepted() -> None:
    found = lines("gpu-su01-n01")
    assert f"ip daddr {DESIGN.depot.ip} counter name depot accept" in found
    [planes] = [line for line in found if "counter name planes" in line]
    for plane in ("compute", "storage", "business"):
        assert str(DESIGN.plane(plane).prefix) in planes
    assert str(DESIGN.plane("management").prefix) not in planes
    assert found.index("counter name denied reject") == len(found) - 3, "the last rule of the chain"


def test_a_server_on_the_management_plane_alone_has_no_planes() -> None:
    server = next(server for server in DESIGN.servers if server.role == "control-plane")
    text = fence.rules(DESIGN, server)
    own = {nic.plane for nic in server.nics} - {"management"}
    assert ("counter name planes accept" in text) == bool(own)


@pytest.mark.parametrize(
    ("elements", "last"),
    [
        ([{"elem": {"val": {"concat": ["192.0.2.1", 443]}, "expires": 9}}], ("192.0.2.1:443",)),
        ([{"concat": ["192.0.2.1", 53]}], ("192.0.2.1:53",)),
    ],
)
def test_counters(elements: list, last: tuple[str, ...]) -> None:
    listing = [
        {"metainfo": {"version": "1.0.6"}},
        {"counter": {"name": "depot", "packets": 7, "bytes": 1}},
        {"counter": {"name": "denied", "packets": 2, "bytes": 1}},
        {"set": {"name": "last", "elem": elements}},
    ]
    assert fence.counted("a", listing) == fence.Count("a", 7, 0, 0, 2, last)
