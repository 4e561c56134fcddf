"""sushy-tools' drivers for the lab: power, boot source and virtual media of the one system that a BMC shows.

Which BMC a request came to is a context variable, set by the server that accepted it.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sushy_tools import error
from sushy_tools.emulator.resources.systems.base import AbstractSystemsDriver
from sushy_tools.emulator.resources.vmedia import DeviceInfo

from rackwright.lab import machine
from rackwright.lab.bmc import boot
from rackwright.lab.bmc.settings import BmcSettings, Memory, fault, folder
from rackwright.lab.place import Place

current: contextvars.ContextVar[str] = contextvars.ContextVar("bmc")
"""The server whose BMC is being asked."""
GRACE_S = 30
LOG = logging.getLogger("rackwright.lab.bmc")


class Chassis:
    """All servers of a lab, each with its memory and a lock that keeps power changes apart."""

    def __init__(self, place: Place, bmcs: Mapping[str, BmcSettings], cache: Path) -> None:
        self.place, self.bmcs, self.cache = place, bmcs, cache
        self.memories = {name: Memory.load(folder(place) / name / "memory.json") for name in bmcs}
        self._power = {name: threading.Lock() for name in bmcs}

    def here(self, identity: str | None = None) -> BmcSettings:
        """The server behind the BMC that is being asked; any other identity is not found there."""
        bmc = self.bmcs[current.get()]
        if identity is not None and identity != bmc.uuid:
            if identity == bmc.server:
                raise error.AliasAccessError(bmc.uuid)
            raise error.NotFound(f"{identity} is not behind this BMC")
        return bmc

    def memory(self) -> Memory:
        return self.memories[current.get()]

    def on(self, bmc: BmcSettings) -> None:
        with self._power[bmc.server]:
            if not machine.on(self.place, bmc.server):
                LOG.info(
                    "%s: %s", bmc.server, boot.boot(self.place, bmc, self.memories[bmc.server], self.cache)
                )

    def off(self, bmc: BmcSettings) -> None:
        with self._power[bmc.server]:
            machine.power_off(self.place, bmc.server)
            LOG.info("%s: off", bmc.server)

    def graceful(self, bmc: BmcSettings) -> None:
        machine.shut_down(self.place, bmc.server)
        end = time.monotonic() + GRACE_S
        while machine.on(self.place, bmc.server) and time.monotonic() < end:
            time.sleep(0.1)
        self.off(bmc)


class Systems(AbstractSystemsDriver):  # type: ignore[misc]
    """The system behind each BMC."""

    def __init__(self, chassis: Chassis) -> None:
        super().__init__()
        self._chassis = chassis

    @property
    def driver(self) -> str:
        return "<lab>"

    @property
    def systems(self) -> list[str]:
        return [self._chassis.here().uuid]

    def uuid(self, identity: str) -> str:
        return self._chassis.here(identity).uuid

    def name(self, identity: str) -> str:
        return self._chassis.here(identity).server

    def get_power_state(self, identity: str) -> str:
        bmc = self._chassis.here(identity)
        return "On" if machine.on(self._chassis.place, bmc.server) else "Off"

    def set_power_state(self, identity: str, state: str) -> None:
        """Answers at once; the machine follows, as hardware does."""
        bmc, chassis = self._chassis.here(identity), self._chassis
        if fault(chassis.place, bmc.server).get("kind") == "dead" and state not in (
            "ForceOff",
            "GracefulShutdown",
        ):
            raise error.FishyError("Power supply fault: the host cannot be powered on")
        steps: dict[str, list[Any]] = {
            "On": [chassis.on],
            "ForceOn": [chassis.on],
            "ForceOff": [chassis.off],
            "GracefulShutdown": [chassis.graceful],
            "ForceRestart": [chassis.off, chassis.on],
            "GracefulRestart": [chassis.graceful, chassis.on],
        }
        if state not in steps:
            raise error.BadRequest(f"{state} is not supported")

        def work() -> None:
            try:
                for step in steps[state]:
                    step(bmc)
            except Exception:  # a thread's end must leave a trace; the client sees the power state
                LOG.exception("%s: %s failed", bmc.server, state)

        threading.Thread(target=work, name=f"{bmc.server} {state}").start()

    def get_boot_device(self, identity: str) -> str:
        self._chassis.here(identity)
        return self._chassis.memory().boot_target

    def set_boot_device(self, identity: str, boot_source: str) -> None:
        self._chassis.here(identity)
        memory = self._chassis.memory()
        with memory.lock:
            memory.boot_target = boot_source
            memory.save()

    def get_boot_mode(self, identity: str) -> str:
        self._chassis.here(identity)
        return self._chassis.memory().boot_mode

    def set_boot_mode(self, identity: str, boot_mode: str) -> None:
        self._chassis.here(identity)
        if boot_mode != "UEFI":
            raise error.BadRequest(f"boot mode {boot_mode}: this firmware knows UEFI only")

    def get_http_boot_uri(self, identity: str) -> str:
        return self._chassis.memory().http_uri

    def get_nics(self, identity: str) -> list[dict[str, str]]:
        return [{"id": name, "mac": mac} for name, mac in self._chassis.here(identity).nics]

    def get_boot_image(self, identity: str, device: str) -> tuple[str | None, bool, bool]:
        return None, True, False

    def set_boot_image(
        self, identity: str, device: str, boot_image: str | None = None, write_protected: bool = True
    ) -> None:
        """The media driver has put the disc in already."""
        self._chassis.here(identity)


class Media:
    """Virtual media: a disc image that the BMC fetches itself when it is inserted."""

    devices = ("Cd",)
    driver = "<lab>"

    def __init__(self, chassis: Chassis) -> None:
        self._chassis = chassis

    def _known(self, identity: str, device: str) -> BmcSettings:
        if device not in self.devices:
            raise error.NotFound(f"no virtual media device {device}")
        return self._chassis.here(identity)

    def get_device_name(self, identity: str, device: str) -> str:
        self._known(identity, device)
        return "Virtual CD"

    def get_device_media_types(self, identity: str, device: str) -> list[str]:
        self._known(identity, device)
        return ["CD", "DVD"]

    def get_device_image_info(self, identity: str, device: str) -> DeviceInfo:
        self._known(identity, device)
        media = self._chassis.memory().media.get(device)
        if not media:
            return DeviceInfo("", "", False, False, "", "", False)
        return DeviceInfo(media["name"], media["url"], True, True, "", "", False)

    def insert_image(
        self,
        identity: str,
        device: str,
        image_url: str,
        inserted: bool = True,
        write_protected: bool = True,
        username: str | None = None,
        password: str | None = None,
    ) -> str:
        """Fetch the disc from the BMC's place in the network and keep it until it is ejected."""
        bmc = self._known(identity, device)
        try:
            data = boot.fetch(self._chassis.place, bmc.server, image_url)
            boot.read_disc(data)
        except boot.NothingToBoot as problem:
            raise error.BadRequest(f"virtual media: {problem}") from problem
        path = folder(self._chassis.place) / bmc.server / f"{device}.iso"
        path.touch(mode=0o600)
        path.write_bytes(data)
        memory = self._chassis.memory()
        with memory.lock:
            memory.media[device] = {"url": image_url, "name": image_url.rsplit("/", 1)[-1]}
            memory.save()
        return str(path)

    def eject_image(self, identity: str, device: str) -> None:
        bmc = self._known(identity, device)
        (folder(self._chassis.place) / bmc.server / f"{device}.iso").unlink(missing_ok=True)
        memory = self._chassis.memory()
        with memory.lock:
            memory.media.pop(device, None)
            memory.save()
