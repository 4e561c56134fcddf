"""frr.conf: real FRR accepts it, and it says what the design says."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

VTYSH = shutil.which("vtysh") or shutil.which("/usr/bin/vtysh")
needs_frr = pytest.mark.skipif(VTYSH is None, reason="FRR's vtysh is not installed")


def configurations(files):
    return {
        name: texts["/etc/frr/frr.conf"]
        for name, texts in files.devices.items()
        if "/etc/frr/frr.conf" in texts
    }


def complaints(text, folder):
    """What ``vtysh -C`` says of a configuration; empty when it accepts it."""
    path = folder / "frr.conf"
    path.write_text(text)
    done = subprocess.run([VTYSH, "-C", "-f", path], capture_output=True, text=True, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@needs_frr
def test_frr_accepts_every_configuration(site, tmp_path):
    refused = {
        name: said for name, text in configurations(site[1]).items() if (said := complaints(text, tmp_path))
    }
    assert refused == {}


@needs_frr
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("remote-as external", "remote-as outside"),
        ("ip address 10.64.0.0/31", "ip address 10.64.0.0/33"),
        ("maximum-paths 64", "maximum-paths many"),
        ("redistribute connected", "redistribute everything"),
    ],
)
def test_frr_refuses_a_planted_error(lab, tmp_path, good, bad):
    text = lab[1].devices["backend-su01-r0"]["/etc/frr/frr.conf"]
    assert good in text
    assert complaints(text.replace(good, bad, 1), tmp_path)


def test_each_switch_peers_over_every_link_to_another_switch(site):
    design, files = site
    for switch in design.switches:
        text = files.devices.get(switch.name, {}).get("/etc/frr/frr.conf")
        if text is None or switch.asn is None:
            continue
        wanted = [port.name for port in switch.ports if port.use in ("uplink", "downlink")]
        assert re.findall(r"neighbor (\S+) interface peer-group FABRIC", text) == wanted
        assert f"router bgp {switch.asn}\n" in text
        assert f"ip address {switch.loopback}\n" in text


def test_only_leaves_keep_what_they_learn_to_themselves(lab):
    """A leaf that passed one spine's routes to another would be a valley in the path."""
    design, files = lab
    for switch in design.switches:
        text = files.devices[switch.name]["/etc/frr/frr.conf"]
        assert ("neighbor FABRIC route-map TO-SPINES out" in text) == (switch.tier == "leaf")
        assert ("as-path access-list LOCAL seq 10 permit ^$" in text) == (switch.tier == "leaf")


def test_a_fabric_admits_its_own_planes_and_no_other(lab):
    _, files = lab

    def admitted(name):
        return re.findall(r"PLANES seq \d+ permit (\S+) le 32", files.devices[name]["/etc/frr/frr.conf"])

    assert admitted("backend-su01-r0") == admitted("backend-spine-01") == ["10.64.0.0/12"]
    assert admitted("frontend-leaf-01") == ["10.80.0.0/14", "10.96.0.0/14", "10.128.0.0/14"], "with pods"
    assert admitted("oob-01") == []


def test_the_bridge_runs_no_routing_protocol(lab):
    files = lab[1].devices["oob-01"]
    assert "router bgp" not in files["/etc/frr/frr.conf"]
    assert "bgpd=no" in files["/etc/frr/daemons"]
    assert "net.ipv4.ip_forward = 0" in files["/etc/sysctl.d/90-rackwright.conf"]
