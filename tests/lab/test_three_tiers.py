"""Three tiers with real bgpd in namespaces: everything reaches everything, and no path has a valley."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from tests.lab.namespaces import DAEMONS, Namespaces
from tests.unit.render.handmade import three_tiers
from tests.unit.render.test_frr_forms import SIX, two_vrfs

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: network namespaces"),
    pytest.mark.skipif(
        shutil.which("vtysh") is None or not (DAEMONS / "bgpd").exists(), reason="FRR is not installed"
    ),
]
HEIGHT = {"leaf": 0, "spine": 1, "core": 2}
FAR = "10.64.0.7"
"""The host of the other pod's last leaf."""
SPINE = "backend-pod01-spine-01"
FORMS = {
    "unnumbered": {},
    "numbered six bfd": {"numbered": True, "bfd": True, "plane": SIX},
}


@pytest.fixture(scope="module", params=FORMS)
def fabric(request):
    with tempfile.TemporaryDirectory(prefix="rackwright-frr-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with Namespaces(three_tiers(**FORMS[request.param]), folder) as up:
            up.wait(30)
            yield up


def valleys(fabric):
    """Paths that go down and then up again."""
    tier = {switch.asn: HEIGHT[switch.tier] for switch in fabric.design.switches}
    found = []
    for switch in fabric.design.switches:
        for prefix, paths in fabric.paths(switch.name).items():
            for path in paths:
                heights = [HEIGHT[switch.tier], *(tier[asn] for asn in path)]
                top = heights.index(max(heights))
                if heights[: top + 1] != sorted(heights[: top + 1]) or heights[top:] != sorted(
                    heights[top:], reverse=True
                ):
                    found.append((switch.name, prefix, path))
    return found


def loopbacks(fabric, tier):
    return {switch.loopback.ip for switch in fabric.design.switches if switch.tier == tier}


def test_every_switch_knows_every_loopback_and_host(fabric):
    wanted = {f"{switch.loopback.ip}/32" for switch in fabric.design.switches}
    wanted |= {f"10.64.0.{2 * host}/31" for host in range(4)}
    leaves = [switch.name for switch in fabric.design.switches if switch.tier == "leaf"]
    assert _eventually(lambda: all(set(fabric.paths(leaf)) == wanted for leaf in leaves))


def test_hosts_of_two_pods_reach_each_other_over_five_switches(fabric):
    assert _eventually(lambda: fabric.probe("host-0", FAR)["got"] == "reply")
    owners = {}
    for switch in fabric.design.switches:
        for address in (switch.loopback, *(port.address for port in switch.ports)):
            if address is not None:
                owners[address.ip] = switch.tier
    for hop, tier in enumerate(("leaf", "spine", "core", "spine", "leaf"), 1):
        # A busy machine may be late, and a router answers only so often: asked again.
        assert _eventually(
            lambda hop=hop, tier=tier: owners.get(fabric.probe("host-0", FAR, hop).get("from")) == tier
        ), (hop, tier)


def test_bfd_watches_every_session_where_it_is_asked_for(fabric):
    wanted = bool(fabric.design.spec.fabrics["backend"].bfd)
    for switch in fabric.design.switches:
        if wanted:
            ports = sum(port.use in ("uplink", "downlink") for port in switch.ports)
            assert _eventually(
                lambda name=switch.name, ports=ports: (
                    fabric.vtysh(name, "-c", "show bfd peers").count("Status: up") >= ports
                )
            ), switch.name
        else:
            assert not (fabric.folder / switch.name / "bfdd.vty").exists()


def test_frr_prints_what_was_rendered(fabric):
    """Else frr-reload would find a difference at every look. VRFs need no kernel for this."""
    assert {name: found for name in fabric.names if (found := fabric.difference(name))} == {}


def test_frr_prints_vrfs_as_they_were_rendered():
    with tempfile.TemporaryDirectory(prefix="rackwright-frr-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with Namespaces(two_vrfs(), folder) as up:
            up.wait(30)
            assert {name: found for name in up.names if (found := up.difference(name))} == {}


def test_no_path_has_a_valley(fabric):
    assert valleys(fabric) == []


def test_a_spine_without_its_rule_is_seen(fabric):
    """The check above can fail: a spine that passes one core's routes to the other makes a valley."""
    asn = next(switch.asn for switch in fabric.design.switches if switch.name == SPINE)
    where = ("-c", "configure terminal", "-c", f"router bgp {asn}", "-c", "address-family ipv4 unicast")
    fabric.vtysh(SPINE, *where, "-c", "no neighbor CORES route-map TO-CORES out")
    try:
        assert _eventually(lambda: valleys(fabric))
    finally:
        fabric.vtysh(SPINE, *where, "-c", "neighbor CORES route-map TO-CORES out")
    assert _eventually(lambda: not valleys(fabric))


def test_a_lost_core_costs_no_reachability(fabric):
    core = fabric.wiring.switches["backend-core-01"]
    for port in core.ports:
        fabric.inside(core.name, "ip", "link", "set", port.name, "down")
    try:
        assert _eventually(lambda: fabric.probe("host-0", FAR)["got"] == "reply")
        assert valleys(fabric) == []
    finally:
        for port in core.ports:
            fabric.inside(core.name, "ip", "link", "set", port.name, "up")


def _eventually(true, seconds=10.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.3)
    return bool(true())
