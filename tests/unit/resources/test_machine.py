"""The Machine against a fake BMC (real TLS, real Redfish) and a fake host (real SSH)."""

import asyncio
import io
import threading
import urllib.request

import pycdlib
import pytest
import yaml

from rackwright import secrets
from rackwright.errors import WorldRefused
from rackwright.resources import bmc as bmc_module
from rackwright.resources import machine, record, seedserver
from rackwright.resources.machine import MachineHandler

from .fake_bmc import FakeBmc, authority
from .fake_host import FakeHost

NAME = "gpu-su01-n01"
handler = MachineHandler()


def say(text):
    pass


class World:
    """A BMC with a server behind it: SSH answers only while the power is on."""

    def __init__(self, tmp_path, state, authorized, host_key, site_inputs):
        password = secrets.resolve("state:bmc-password", tmp_path / "cluster.yaml", state).reveal()
        self.loop = asyncio.get_running_loop()
        self.host = FakeHost(tmp_path / "disk", host_key, authorized)
        self.host.commands["cloud-init status *"] = lambda argv: (0, "status: done\n", "")
        self.up = False
        self.boots = True
        self.bmc = FakeBmc(tmp_path / "bmc", password, on_boot=self.booted)
        (state / "secrets/bmc-ca").write_text(self.bmc.ca)
        self.site_inputs, self.port = site_inputs, 0

    def booted(self, bmc):
        if self.boots:
            asyncio.run_coroutine_threadsafe(self.start(), self.loop).result(10)

    async def start(self):
        if not self.up:
            await self.host.start(self.port)
            self.up, self.port = True, self.host.port

    async def stop(self):
        if self.up:
            await self.host.stop()
            self.up = False

    async def inputs(self, **other):
        if not self.port:
            await self.start()
            await self.stop()
        return {
            **self.site_inputs,
            "name": NAME,
            "serial": "SER1",
            "macs": {"eno3": "02:00:00:00:00:01"},
            "bmc": self.bmc.url,
            "address": "127.0.0.1/16",
            "port": self.port,
            "nic": "eno3",
            "gateway": None,
            "mtu": 1500,
            "network": {"path": "/etc/systemd/network/10-eno3.network", "text": "[Match]\nName=eno3\n"},
            "image": "http://127.0.0.1:1/images/debian13-server.json",
            "controller": "127.0.0.1",
            **other,
        }


@pytest.fixture
def story(tmp_path, state, authorized, pinned, site_inputs, monkeypatch):
    monkeypatch.setattr(bmc_module, "DEADLINE_SECONDS", 3.0)
    monkeypatch.setattr(bmc_module, "RETRY_SECONDS", 0.1)
    monkeypatch.setattr(machine, "BOOT_SECONDS", 3.0)
    monkeypatch.setattr(machine, "FINISH_SECONDS", 0.5)
    monkeypatch.setattr(machine, "PROBE_SECONDS", 0.5)

    def run(tell):
        async def whole():
            world = World(tmp_path, state, authorized, pinned(NAME), site_inputs)
            try:
                return await tell(world)
            finally:
                await world.stop()
                await asyncio.to_thread(world.bmc.close)

        return asyncio.run(whole())

    return run


def documents(image):
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(image))
    assert iso.pvd.volume_identifier.strip() == b"CIDATA"
    found = {}
    for name in ("meta-data", "user-data", "network-config"):
        out = io.BytesIO()
        iso.get_file_from_iso_fp(out, joliet_path=f"/{name}")
        found[name] = out.getvalue().decode()
    return found


def test_blank_server_is_installed_once(story, state):
    async def tell(world):
        want = await world.inputs()
        seen = await handler.apply(want, None, say)
        assert seen.outputs["power"] == "on"
        assert seen.outputs["hostname"] == NAME
        assert not handler.diff(seen.inputs, want).changes
        assert world.bmc.boot["BootSourceOverrideTarget"] == "UefiHttp"
        assert world.bmc.boot["HttpBootUri"] == want["image"]
        assert world.bmc.image is None, "the seed is ejected"
        assert seedserver._servers == {}, "no server left behind"
        seed = documents(world.bmc.media)
        user = yaml.safe_load(seed["user-data"])
        assert user["hostname"] == NAME
        assert user["ssh_keys"]["ed25519_private"] == (state / "hostkeys" / NAME).read_text()
        assert yaml.safe_load(seed["network-config"])["ethernets"]["eno3"]["addresses"] == ["127.0.0.1/16"]
        assert record.load(state, NAME).phase == "installed"
        await handler.apply(want, seen, say)
        assert world.bmc.resets == ["On"], "the second run powers nothing"

    story(tell)


def test_installed_and_off_starts_from_disk(story):
    async def tell(world):
        want = await world.inputs()
        await handler.apply(want, None, say)
        world.bmc.on, world.bmc.media = False, None
        await world.stop()
        seen = await handler.read(NAME, want)
        assert seen.inputs["drift"] == ["power: found off, expected on"]
        repaired = await handler.apply(want, seen, say)
        assert world.bmc.boot["BootSourceOverrideTarget"] == "Hdd"
        assert world.bmc.media is None, "no seed for a start from disk"
        assert "drift" not in repaired.inputs

    story(tell)


def test_cut_short_installation_is_begun_again(story, state):
    async def tell(world):
        want = await world.inputs()
        record.save(state, NAME, record.Record("installing", "SER1", want["image"], "x"))
        world.bmc.on = True
        await handler.apply(want, None, say)
        assert world.bmc.resets == ["ForceOff", "On"]

    story(tell)


def test_somebody_elses_server_is_left_alone(story):
    async def tell(world):
        want = await world.inputs()
        world.bmc.on = True
        with pytest.raises(WorldRefused, match=f"{NAME}: find: it is powered on"):
            await handler.apply(want, None, say)
        assert world.bmc.resets == []
        assert await handler.read(NAME, want) is None, "so that nothing of it is kept in state"

    story(tell)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"serial": "SER2"}, "serial: found SER1, expected SER2"),
        ({"macs": {"eno3": "02:00:00:00:00:02"}}, "eno3: no port with MAC 02:00:00:00:00:02"),
    ],
)
def test_wrong_identity_powers_nothing(story, other, found):
    async def tell(world):
        with pytest.raises(WorldRefused, match=f"{NAME}: identity: {found}; nothing was powered"):
            await handler.apply(await world.inputs(**other), None, say)
        assert world.bmc.resets == []

    story(tell)


def test_refused_password_is_tried_once(story, state):
    async def tell(world):
        want = await world.inputs()
        world.bmc.password = "changed"  # noqa: S105
        with pytest.raises(
            WorldRefused, match=rf"{NAME} \(BMC https://.*\): read identity: .*refused user admin"
        ):
            await handler.apply(want, None, say)
        assert world.bmc.requests <= 3
        assert world.bmc.resets == []

    story(tell)


def test_failing_bmc_is_asked_until_its_deadline(story):
    async def tell(world):
        want = await world.inputs()
        world.bmc.failing = True
        with pytest.raises(WorldRefused, match=r"read identity: .*503"):
            await handler.apply(want, None, say)
        assert world.bmc.requests > 1

    story(tell)


def test_bmc_that_recovers_in_time(story):
    async def tell(world):
        want = await world.inputs()
        world.bmc.failing = True
        threading.Timer(0.8, lambda: setattr(world.bmc, "failing", False)).start()
        assert (await handler.apply(want, None, say)).outputs["power"] == "on"

    story(tell)


def test_slow_bmc_has_an_end(story):
    async def tell(world):
        want = await world.inputs()
        world.bmc.delay = 5.0
        with pytest.raises(WorldRefused, match=r"read identity: no answer within 3 s; .*slow"):
            await handler.apply(want, None, say)

    story(tell)


def test_other_certificate_is_not_trusted(story, state, tmp_path):
    async def tell(world):
        want = await world.inputs()
        (state / "secrets/bmc-ca").write_text(authority(tmp_path / "other")[0].read_text())
        with pytest.raises(WorldRefused, match="certificate is not signed by the pinned authority"):
            await handler.apply(want, None, say)

    story(tell)


def test_boot_that_never_ends_leaves_a_record_for_the_next_run(story, state):
    async def tell(world):
        want = await world.inputs()
        world.boots = False
        with pytest.raises(WorldRefused, match="first boot: no SSH answer"):
            await handler.apply(want, None, say)
        assert record.load(state, NAME).phase == "installing"
        world.boots = True
        assert (await handler.apply(want, None, say)).outputs["power"] == "on"

    story(tell)


def test_delete_powers_off_and_forgets(story, state):
    async def tell(world):
        want = await world.inputs()
        await handler.apply(want, None, say)
        await handler.delete(NAME, want, say)
        await handler.delete(NAME, want, say)
        assert world.bmc.resets == ["On", "ForceOff"]
        await world.stop()
        assert await handler.read(NAME, want) is None

    story(tell)


def test_seed_server_knows_one_path_and_ranges():
    with seedserver.published("127.0.0.1", b"0123456789") as url:
        asked = urllib.request.Request(url, headers={"Range": "bytes=2-4"})  # noqa: S310
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
            assert (answer.status, answer.read()) == (206, b"234")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(url.rpartition("/")[0] + "/", timeout=5)  # noqa: S310
    with pytest.raises(OSError, match="refused|reset"):  # noqa: RUF043
        urllib.request.urlopen(url, timeout=5)  # noqa: S310


def test_server_that_goes_off_while_starting(story, monkeypatch):
    monkeypatch.setattr(machine, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(machine, "BOOT_SECONDS", 60.0)

    async def tell(world):
        want = await world.inputs()
        world.boots = False

        async def cut() -> None:
            while not world.bmc.on:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.6)  # it has been seen on
            world.bmc.on = False

        cutting = asyncio.create_task(cut())
        with pytest.raises(WorldRefused, match="first boot: it switched itself off while starting"):
            await handler.apply(want, None, say)
        await cutting

    story(tell)
