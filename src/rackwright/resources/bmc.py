"""A server's BMC over Redfish: identity, power, boot source, virtual media.

sushy is synchronous, so each question runs in a thread and has an end. A BMC that is slow or fails is asked
again until its own deadline; a refused password is not tried twice, because BMCs lock accounts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import sushy
from sushy import auth, exceptions

from rackwright.errors import WorldRefused

REQUEST_SECONDS = 10
"""One HTTP request. A healthy BMC answers in well under a second; beyond this it is reported as slow."""
DEADLINE_SECONDS = 45.0
"""All tries of one question together."""
RETRY_SECONDS = 2.0

_Answer = TypeVar("_Answer")
_threads = ThreadPoolExecutor(64, thread_name_prefix="bmc")
logging.getLogger("sushy").addHandler(logging.NullHandler())
logging.getLogger("sushy").propagate = False


@dataclass(frozen=True, slots=True)
class Identity:
    """What the hardware says it is. MAC addresses in lower case."""

    serial: str
    macs: frozenset[str]
    model: str


@dataclass(frozen=True, slots=True)
class Login:
    """How to get in. ``ca`` is a file; the password lives only as long as the login."""

    place: str
    url: str
    user: str
    password: str
    ca: str

    def __repr__(self) -> str:
        return f"Login({self.place!r}, {self.url!r}, {self.user!r})"


class Bmc:
    """One BMC with exactly one system behind it."""

    def __init__(self, login: Login, deadline: float | None = None) -> None:
        self._login = login
        self._seconds = deadline or DEADLINE_SECONDS
        self._root: Any = None

    async def identity(self) -> Identity:
        def ask() -> Identity:
            system = self._system()
            ports = system.ethernet_interfaces.get_members()
            macs = {
                mac.lower() for port in ports for mac in (port.mac_address, port.permanent_mac_address) if mac
            }
            return Identity(str(system.serial_number or ""), frozenset(macs), str(system.model or ""))

        return await self._ask("read identity", ask)

    async def power(self) -> bool:
        """Whether the server is on (a server on its way up counts as on)."""

        def ask() -> bool:
            return self._system().power_state in (sushy.POWER_STATE_ON, sushy.POWER_STATE_POWERING_ON)

        return await self._ask("read power state", ask)

    async def boot_from_http(self, url: str) -> None:
        """Next boot only: fetch and start what lies at ``url``."""

        def ask() -> None:
            self._system().set_system_boot_options(
                target=sushy.BOOT_SOURCE_TARGET_UEFI_HTTP,
                enabled=sushy.BOOT_SOURCE_ENABLED_ONCE,
                mode=sushy.BOOT_SOURCE_MODE_UEFI,
                http_boot_uri=url,
            )

        await self._ask("set boot source to HTTP", ask)

    async def boot_from_disk(self) -> None:
        def ask() -> None:
            self._system().set_system_boot_options(
                target=sushy.BOOT_SOURCE_TARGET_HDD, enabled=sushy.BOOT_SOURCE_ENABLED_CONTINUOUS
            )

        await self._ask("set boot source to disk", ask)

    async def insert(self, url: str) -> None:
        def ask() -> None:
            media = self._media()
            if media.inserted:
                media.eject_media()
            media.insert_media(url)

        await self._ask("insert virtual media", ask)

    async def eject(self) -> None:
        def ask() -> None:
            media = self._media()
            if media.inserted:
                media.eject_media()

        await self._ask("eject virtual media", ask)

    async def switch_on(self) -> None:
        await self._reset("power on", sushy.RESET_ON, until=True)

    async def switch_off(self) -> None:
        await self._reset("power off", sushy.RESET_FORCE_OFF, until=False)

    async def _reset(self, step: str, kind: sushy.ResetType, until: bool) -> None:
        """Ask for it once the state is another one, then wait until the state is what was asked for."""

        def ask() -> None:
            system = self._system()
            if (system.power_state == sushy.POWER_STATE_ON) is not until:
                system.reset_system(kind)

        await self._ask(step, ask)
        end = asyncio.get_running_loop().time() + self._seconds
        while await self.power() is not until:
            if asyncio.get_running_loop().time() > end:
                state = "off" if until else "on"
                raise self._refused(
                    step, f"still {state} after {self._seconds:.0f} s", "look at its event log"
                )
            await asyncio.sleep(0.5)

    def _system(self) -> Any:  # noqa: ANN401 - sushy has no types
        if self._root is None:
            self._root = sushy.Sushy(
                self._login.url,
                auth=auth.BasicAuth(self._login.user, self._login.password),
                verify=self._login.ca,
                server_side_retries=1,
                server_side_retries_delay=1,
                read_timeout=REQUEST_SECONDS,
                connect_timeout=REQUEST_SECONDS,
            )
        paths = self._root.get_system_collection().members_identities
        if len(paths) != 1:
            raise self._refused("find the system", f"{len(paths)} systems behind one BMC", "one was expected")
        system = self._root.get_system(paths[0])
        system.refresh(force=True)
        return system

    def _media(self) -> Any:  # noqa: ANN401 - sushy has no types
        """The first virtual CD of the system, or of its manager."""
        system = self._system()
        for owner in (system, *system.managers):
            try:
                members = owner.virtual_media.get_members()
            except exceptions.MissingAttributeError:
                continue
            for media in members:
                if sushy.VIRTUAL_MEDIA_CD in (media.media_types or []):
                    media.refresh(force=True)
                    return media
        raise self._refused("find virtual media", "no virtual CD", "is the BMC's media licence there?")

    async def _ask(self, step: str, ask: Callable[[], _Answer]) -> _Answer:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._seconds
        last = f"no answer within {self._seconds:.0f} s"
        while True:
            left = max(end - loop.time(), 0.1)
            try:
                return await asyncio.wait_for(loop.run_in_executor(_threads, ask), left)
            except WorldRefused:
                raise
            except exceptions.AccessError as problem:
                raise self._refused(
                    step,
                    f"the BMC refused user {self._login.user}",
                    "check access.bmc_user and access.bmc_password",
                ) from problem
            except TimeoutError:
                raise self._refused(step, last, "the BMC is slow or hangs; reset it") from None
            except (exceptions.SushyError, OSError) as problem:
                self._root, last = None, _words(problem)
                untrusted = "CERTIFICATE_VERIFY_FAILED" in str(problem)
                if untrusted or loop.time() + RETRY_SECONDS >= end:
                    hint = (
                        "check access.bmc_ca"
                        if untrusted
                        else "is its address right, is it cabled? reset the BMC"
                    )
                    raise self._refused(step, last, hint) from problem
                await asyncio.sleep(RETRY_SECONDS)

    def _refused(self, step: str, found: str, hint: str) -> WorldRefused:
        return WorldRefused(f"{self._login.place} (BMC {self._login.url})", step, found, hint)


def _words(problem: Exception) -> str:
    """The reason in one line: libraries wrap it in layers of addresses and object names."""
    text = " ".join(str(problem).split())
    for mark, words in (
        ("CERTIFICATE_VERIFY_FAILED", "its certificate is not signed by the pinned authority"),
        ("Read timed out", f"no answer within {REQUEST_SECONDS} s to a request"),
        ("ConnectTimeout", f"no connection within {REQUEST_SECONDS} s"),
        ("Connection refused", "connection refused"),
        ("No route to host", "no route to host"),
    ):
        if mark in text:
            return words
    return text[-300:]
