"""Kea's configuration: by Kea itself where it is installed, and by a server of ours that answers requests."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
import yaml
from tests.unit.design.clusters import bent, made, tables

from rackwright.design.build import design
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Asset
from rackwright.render.nos.cumulus import files as cumulus_files
from rackwright.render.site.dhcp import PORT_KNOWN, files
from rackwright.render.wiring import Wiring

ROUTED = {"fabrics__oob__routed": True, "fabrics__oob__nos": "cumulus"}
EVERYWHERE = {f"fabrics__{name}__nos": "cumulus" for name in ("backend", "frontend")}


def config(plan):
    made_ = files(plan, Wiring.of(plan))
    return json.loads(made_["dhcp/kea-dhcp4.json"])["Dhcp4"], made_["dhcp/not-reserved.txt"].splitlines()


def answer(kea, *, relay=None, circuit=None, mac=None):
    """What a server with this configuration gives to a request: address, host name and options; by the rules
    of the manual: the subnet by the relay's address (or the only one), then a reservation by identifier."""
    nets = kea["subnet4"]
    if relay is not None:
        nets = [net for net in nets if relay in net["relay"]["ip-addresses"]]
    (net,) = nets
    for identifier in kea["host-reservation-identifiers"]:
        wanted = {"circuit-id": f"'{circuit}'" if circuit else None, "hw-address": mac}[identifier]
        found = [row for row in net["reservations"] if wanted and row.get(identifier) == wanted]
        if found:
            (row,) = found
            options = [*kea["option-data"], *net.get("option-data", []), *row.get("option-data", [])]
            return row["ip-address"], row["hostname"], {row["name"]: row["data"] for row in options}
    return None


def with_assets(**changes):
    assets = {
        "gpu-su01-n01": Asset("1", "02:00:00:00:00:01", {"eno3": "02:00:00:00:00:02"}),
        "backend-su01-r0": Asset(None, None, {"eth0": "02:00:00:00:00:03"}),
    }
    return design(ClusterSpec.model_validate(bent(**changes)), replace(tables(), assets=assets))


def test_flat_by_mac_and_what_has_none_is_listed():
    plan = with_assets(**EVERYWHERE)
    kea, open_ = config(plan)
    server = plan.servers[0]
    address, name, options = answer(kea, mac="02:00:00:00:00:02")
    assert (address, name) == (server.management.address.ip, server.name)
    assert options["ntp-servers"] == plan.controller.ip
    assert options["domain-name"] == "test.internal"
    assert answer(kea, mac="02:00:00:00:00:01")[:2] == (server.bmc.address.ip, "gpu-su01-n01-bmc")
    address, name, options = answer(kea, mac="02:00:00:00:00:03")
    assert name == "backend-su01-r0"
    assert options["cumulus-provision-url"].endswith("/ztp/backend-su01-r0/first-boot.sh")
    known = {"gpu-su01-n01", "gpu-su01-n01-bmc", "backend-su01-r0"}
    names = {server.name for server in plan.servers} | {f"{server.name}-bmc" for server in plan.servers}
    names |= {switch.name for switch in plan.switches if switch.fabric != "oob"}
    assert {line.split()[0] for line in open_} == names - known


def test_routed_every_port_has_its_address_whatever_is_plugged_in():
    plan = made(**ROUTED, **EVERYWHERE)
    kea, open_ = config(plan)
    switches = {switch.name: switch for switch in plan.switches}
    servers = {server.name: server for server in plan.servers}
    beside = set()
    for cable in plan.cables:
        if cable.kind != "oob" or cable.z.device == "controller":
            continue
        if cable.a.device == "oob-01":  # the server hears these itself, so no relay says their port
            beside.add(f"{cable.z.device}-bmc" if cable.z.port == "bmc" else cable.z.device)
            continue
        (gateway,) = [port.address.ip for port in switches[cable.a.device].ports if port.use == "gateway"]
        address, name, options = answer(kea, relay=gateway, circuit=cable.a.port)
        assert options["routers"] == gateway
        if cable.z.port == "bmc":
            assert (address, name) == (servers[cable.z.device].bmc.address.ip, f"{cable.z.device}-bmc")
        elif cable.z.device in servers:
            assert (address, name) == (servers[cable.z.device].management.address.ip, cable.z.device)
        else:
            assert (address, name) == (switches[cable.z.device].management.ip, cable.z.device)
            assert options["cumulus-provision-url"].endswith(f"/ztp/{name}/first-boot.sh")
    assert {line.split()[0] for line in open_} == beside


def test_newcomers_and_reservations_are_apart_and_inside_the_subnet():
    for changes in ({}, ROUTED):
        kea, _ = config(made(**changes))
        ids = [net["id"] for net in kea["subnet4"]]
        assert len(set(ids)) == len(ids)
        for net in kea["subnet4"]:
            inside = ip_network(net["subnet"])
            low, high = (ip_address(text) for text in net["pools"][0]["pool"].split(" - "))
            assert low in inside
            assert inside.broadcast_address > high > low
            for row in net["reservations"]:
                address = ip_address(row["ip-address"])
                assert address in inside
                assert not low <= address <= high


@pytest.mark.parametrize(
    ("nos", "option", "file"),
    [
        ("sonic", "boot-file-name", "ztp.json"),
        ("eos", "boot-file-name", "first-boot.sh"),
        ("frr", "boot-file-name", "first-boot.sh"),
    ],
)
def test_each_nos_is_told_what_to_fetch(nos, option, file):
    kea, _ = config(with_assets(fabrics__backend__nos=nos))
    options = answer(kea, mac="02:00:00:00:00:03")[2]
    assert options[option].endswith(f"/ztp/backend-su01-r0/{file}")


def test_infiniband_switches_have_an_address_and_nothing_to_boot():
    ib = {"kind": "infiniband", "switch": "qm9700", "nos": "opensm", "topology": "rail-optimised"}
    kea, _ = config(made(**ROUTED, fabrics__backend=ib))
    rows = [row for net in kea["subnet4"] for row in net["reservations"]]
    (row,) = [row for row in rows if row["hostname"] == "backend-su01-r0"]
    assert "option-data" not in row


def test_time_and_name_servers_of_the_site():
    plan = made(site={"dns": ["10.0.0.53"], "ntp": ["10.0.0.123", "pool.ntp.org"], "domain": "ai.example"})
    given = {row["name"]: row["data"] for row in config(plan)[0]["option-data"]}
    assert given == {
        "domain-name": "ai.example",
        "ntp-servers": "10.0.0.123",
        "domain-name-servers": "10.0.0.53",
    }


@pytest.mark.parametrize("changes", [{}, ROUTED, {**ROUTED, **EVERYWHERE}], ids=["flat", "routed", "cumulus"])
def test_kea_takes_it(changes, tmp_path):
    program = shutil.which("kea-dhcp4") or shutil.which("kea-dhcp4", path="/usr/sbin")
    if program is None:
        pytest.skip("kea-dhcp4 is not here")
    plan = made(**changes)
    file = tmp_path / "kea.json"
    file.write_text(files(plan, Wiring.of(plan))["dhcp/kea-dhcp4.json"])
    run = subprocess.run([program, "-t", str(file)], capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    broken = json.loads(file.read_text())
    broken["Dhcp4"]["subnet4"][0]["subnet"] = "10.112.0.0/33"
    file.write_text(json.dumps(broken))
    assert subprocess.run([program, "-t", str(file)], capture_output=True, timeout=30, check=False).returncode


def test_the_relays_that_are_said_to_tell_the_port_are_told_to():
    plan = made(**ROUTED, **EVERYWHERE)
    wiring = Wiring.of(plan)
    for switch in plan.switches:
        if any(port.use == "gateway" for port in switch.ports) and switch.name != "oob-01":
            assert switch.nos in PORT_KNOWN
            text = cumulus_files(switch, plan, wiring)["/etc/nvue.d/startup.yaml"]
            (set_,) = [row["set"] for row in yaml.safe_load(text) if "set" in row]
            relay = set_["service"]["dhcp-relay"]["default"]
            assert relay["agent"] == {"state": "enabled", "use-pif-circuit-id": {"state": "enabled"}}
            assert relay["server-group"]["controller"]["server"] == {plan.controller.ip: {}}
