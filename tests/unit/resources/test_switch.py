"""The Switch against a fake that speaks real SSH: what is written, what is told to whom, what is drift."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from rackwright import hostkeys
from rackwright.errors import WorldRefused
from rackwright.resources import networkd_ask
from rackwright.resources.networkd import Rule
from rackwright.resources.switch import IN_BAND, SwitchHandler, bare
from rackwright.resources.switch_state import PENDING
from rackwright.ssh import WrongHostKey

from .fake_host import FakeSwitch

CONF = "frr defaults datacenter\nrouter bgp 4200000001\n neighbor swp9 interface remote-as external\n!\n"
NETWORK = """[Match]
Name=swp1
[Link]
MTUBytes=9216
[RoutingPolicyRule]
IncomingInterface=swp1
To=10.64.0.0/12
Table=main
Priority=1000
[RoutingPolicyRule]
IncomingInterface=swp1
Type=prohibit
Priority=1100
"""
FILES = {
    "/etc/frr/frr.conf": CONF,
    "/etc/frr/daemons": "bgpd=yes\n",
    "/etc/systemd/network/50-swp1.network": NETWORK,
    "/etc/sysctl.d/90-rackwright.conf": "net.ipv4.ip_forward=1\n",
    "/etc/lldpd.d/rackwright.conf": "configure system hostname leaf\n",
}
handler = SwitchHandler()


@asynccontextmanager
async def leaf(tmp_path, pinned, authorized):
    async with FakeSwitch(tmp_path / "leaf", pinned("leaf"), authorized, ["swp1"]) as switch:
        yield switch


def inputs(site_inputs, switch, **other):
    return {
        **site_inputs,
        "name": "leaf",
        "address": "127.0.0.1/16",
        "port": switch.port,
        "nos": "frr",
        "tier": "leaf",
        "files": FILES,
        "ports": {"swp1": 9216},
        **other,
    }


def say(text):
    pass


def test_first_push_then_nothing(tmp_path, pinned, authorized, site_inputs):
    async def story():
        async with leaf(tmp_path, pinned, authorized) as switch:
            want = inputs(site_inputs, switch)
            seen = await handler.apply(want, None, say)
            assert not handler.diff(seen.inputs, want).changes
            assert seen.outputs["bgpUp"] == seen.outputs["bgpExpected"] == 1
            assert switch.mtu == {"swp1": 9216}
            assert "systemctl restart frr" in switch.log
            assert not switch.file(PENDING).exists()
            assert switch.file("/etc/frr/frr.conf").stat().st_mode & 0o777 == 0o640
            switch.log.clear()
            await handler.apply(want, seen, say)
            acted = [line for line in switch.log if "reload " in line or "restart" in line or "set" in line]
            assert [line for line in acted if "--test" not in line] == []

    asyncio.run(story())


def test_one_line_changes_one_file_and_reloads_only_frr(tmp_path, pinned, authorized, site_inputs):
    async def story():
        async with leaf(tmp_path, pinned, authorized) as switch:
            seen = await handler.apply(inputs(site_inputs, switch), None, say)
            switch.log.clear()
            files = {**FILES, "/etc/frr/frr.conf": CONF.replace("4200000001", "4200000002")}
            await handler.apply(inputs(site_inputs, switch, files=files), seen, say)
            assert any("--reload" in line for line in switch.log)
            assert not any("restart" in line or line.startswith("networkctl") for line in switch.log)

    asyncio.run(story())


def edit_file(switch):
    switch.file("/etc/frr/frr.conf").write_text(CONF + "! by hand\n")


def edit_running(switch):
    switch.running.append("ip route 10.0.0.0/8 blackhole")


def edit_mtu(switch):
    switch.mtu["swp1"] = 1500


def leak(switch):
    switch.rules = [rule for rule in switch.rules if rule.action != "prohibit"]


def foreign_rule(switch):
    switch.rules.append(Rule(900, "swp1", "", "10.80.0.0/14", "main"))


def cut(switch):
    switch.file(PENDING).write_text("")


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (edit_file, "files"),
        (edit_running, "frr: running but not declared: ip route 10.0.0.0/8 blackhole"),
        (edit_mtu, "swp1: mtu found 1500, expected 9216"),
        (leak, "ip rule missing: 1100: iif swp1 prohibit"),
        (foreign_rule, "ip rule not declared: 900: iif swp1 to 10.80.0.0/14 main"),
        (cut, "an earlier change was cut short"),
    ],
)
def test_drift_is_found_and_repaired(tmp_path, pinned, authorized, site_inputs, fault, word):
    async def story():
        async with leaf(tmp_path, pinned, authorized) as switch:
            want = inputs(site_inputs, switch)
            await handler.apply(want, None, say)
            fault(switch)
            seen = await handler.read("leaf", want)
            diff = handler.diff(seen.inputs, want)
            assert word in diff.changes or word in seen.inputs["drift"]
            repaired = await handler.apply(want, seen, say)
            assert not handler.diff(repaired.inputs, want).changes

    asyncio.run(story())


def test_invalid_configuration_is_refused_before_anything_changes(tmp_path, pinned, authorized, site_inputs):
    async def story():
        async with leaf(tmp_path, pinned, authorized) as switch:
            files = {**FILES, "/etc/frr/frr.conf": CONF + "BROKEN\n"}
            with pytest.raises(WorldRefused, match=r"leaf: check frr.conf: .*BROKEN"):
                await handler.apply(inputs(site_inputs, switch, files=files), None, say)
            assert not switch.file("/etc/frr/frr.conf").exists()
            assert list(switch.file("/run").iterdir()) == []

    asyncio.run(story())


def test_refused_reload_puts_the_old_file_back(tmp_path, pinned, authorized, site_inputs):
    async def story():
        async with leaf(tmp_path, pinned, authorized) as switch:
            seen = await handler.apply(inputs(site_inputs, switch), None, say)
            switch.refuse_reload = True
            files = {**FILES, "/etc/frr/frr.conf": CONF.replace("4200000001", "4200000002")}
            with pytest.raises(WorldRefused, match=r"frr-reload.*put back"):
                await handler.apply(inputs(site_inputs, switch, files=files), seen, say)
            assert switch.file("/etc/frr/frr.conf").read_text() == CONF
            assert "router bgp 4200000001" in switch.running

    asyncio.run(story())


def test_file_that_is_no_longer_declared_goes(tmp_path, pinned, authorized, site_inputs):
    async def story():
        async with leaf(tmp_path, pinned, authorized) as switch:
            seen = await handler.apply(inputs(site_inputs, switch), None, say)
            files = {path: text for path, text in FILES.items() if "lldpd" not in path}
            await handler.apply(inputs(site_inputs, switch, files=files), seen, say)
            assert not switch.file("/etc/lldpd.d/rackwright.conf").exists()
            assert switch.log[-20:].count("systemctl restart lldpd") == 1

    asyncio.run(story())


def test_another_machine_at_the_address(tmp_path, pinned, authorized, site_inputs, state):
    async def story():
        async with leaf(tmp_path, pinned, authorized) as switch:
            (state / "hostkeys/leaf").unlink()
            (state / "hostkeys/leaf.pub").unlink()
            hostkeys.pin(state, "leaf", ["127.0.0.1"])
            with pytest.raises(WrongHostKey, match="another host key"):
                await handler.read("leaf", inputs(site_inputs, switch))

    asyncio.run(story())


def test_switch_that_is_dead_names_itself(pinned, authorized, site_inputs, tmp_path):
    async def story():
        switch = FakeSwitch(tmp_path / "x", pinned("leaf"), authorized, ["swp1"])
        await switch.start()
        await switch.stop()
        with pytest.raises(WorldRefused, match=r"leaf: ssh: 127.0.0.1"):
            await handler.read("leaf", inputs(site_inputs, switch))

    asyncio.run(story())


def test_bare_keeps_the_interfaces_and_nothing_in_them() -> None:
    conf = "interface lo\n ip address 10.0.0.1/32\nexit\ninterface swp1\n mtu 9\nexit\nrouter bgp 1\n"
    assert bare(conf) == "frr defaults datacenter\n!\ninterface lo\nexit\n!\ninterface swp1\nexit\n!\n"


def test_a_switch_that_carries_its_own_management_is_kept(site_inputs):
    said = []
    nobody = {**site_inputs, "name": "oob-01", "address": "192.0.2.1/32", "tier": IN_BAND, "files": FILES}
    asyncio.run(handler.delete("oob-01", nobody, said.append))
    assert said == ["kept: the management network runs over it"]


def test_a_networkd_that_is_slow_to_start_is_waited_for(
    tmp_path, pinned, authorized, site_inputs, monkeypatch
):
    monkeypatch.setattr(networkd_ask, "PAUSE_SECONDS", 0.01)

    async def story():
        async with leaf(tmp_path, pinned, authorized) as switch:
            switch.starting = 4
            seen = await handler.apply(inputs(site_inputs, switch), None, say)
            assert "drift" not in seen.inputs
            assert switch.log.count("networkctl reload") == 5
            await handler.delete("leaf", inputs(site_inputs, switch), say)

    asyncio.run(story())


@pytest.mark.parametrize("called", ["failed", "active", "activating"])
def test_a_networkd_that_never_answers_is_named_with_its_state(
    tmp_path, pinned, authorized, site_inputs, monkeypatch, called
):
    monkeypatch.setattr(networkd_ask, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(networkd_ask, "WAIT_SECONDS", 5.0 if called == "activating" else 60.0)

    async def story():
        async with leaf(tmp_path, pinned, authorized) as switch:
            switch.starting, switch.networkd = -1, called
            found = f"leaf: networkctl reload: .*Connection timed out; systemd-networkd is {called}"
            with pytest.raises(WorldRefused, match=found):
                await handler.apply(inputs(site_inputs, switch), None, say)
            asked = switch.log.count("networkctl reload")
            assert asked == {"failed": 1, "active": networkd_ask.REFUSALS}.get(called, asked)
            assert called != "activating" or asked > networkd_ask.REFUSALS
            assert switch.file(PENDING).exists()  # the next run knows that this one was cut short

    asyncio.run(story())
