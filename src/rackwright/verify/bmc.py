"""Ask a server's BMC: does it serve, is it the machine that was shipped, is the power on?"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import requests
import sushy
import sushy.auth
import sushy.exceptions

from rackwright.models.design import Server
from rackwright.secrets import Secret
from rackwright.verify.model import Verdict

SLOW_SECONDS = 5.0
"""A BMC that takes longer for one answer is called slow: a power cycle through it would run into its own
time limits."""
SOURCE = "Redfish"


@dataclass(frozen=True, slots=True)
class Bmc:
    """What a BMC said. ``wrong`` is None when it served every question."""

    power: str | None
    serial: str | None
    seconds: float
    """The slowest answer."""
    wrong: str | None = None


def ask(address: str, user: str, password: Secret, ca: Path, limit: float) -> Bmc:
    """Power state and serial number. ``limit`` seconds for each request; verify reports, it
    does not wait."""
    # sushy logs request bodies and retries at levels that a report must not be full of.
    logging.getLogger("sushy").setLevel(logging.CRITICAL)
    slowest = 0.0
    try:
        begun = time.monotonic()
        root = sushy.Sushy(
            f"https://{address}",
            verify=str(ca),
            auth=sushy.auth.BasicAuth(user, password.reveal()),
            server_side_retries=0,
            read_timeout=limit,
            connect_timeout=limit,
        )
        slowest = time.monotonic() - begun
        begun = time.monotonic()
        members = root.get_system_collection().members_identities
        slowest = max(slowest, time.monotonic() - begun)
        if len(members) != 1:
            return Bmc(None, None, slowest, f"shows {len(members)} systems")
        begun = time.monotonic()
        system = root.get_system(members[0])
        slowest = max(slowest, time.monotonic() - begun)
        state = system.power_state
        power = None if state is None else str(state.value)
        return Bmc(power, system.json.get("SerialNumber"), slowest)
    except (sushy.exceptions.AccessError, sushy.exceptions.HTTPError) as problem:
        code = getattr(problem, "status_code", None)
        text = "refuses the password (HTTP 401)" if code in (401, 403) else f"answers with HTTP {code}"
        return Bmc(None, None, slowest, text)
    except sushy.exceptions.SushyError as problem:
        return Bmc(None, None, limit, _plain(str(problem), limit))
    except (requests.RequestException, OSError, ValueError) as problem:
        return Bmc(None, None, slowest, _plain(str(problem) or type(problem).__name__, limit))


def _plain(text: str, limit: float) -> str:
    """What went wrong, without the client's own words around it."""
    known = {
        "timed out": f"no answer within {limit:g} s",
        "CERTIFICATE_VERIFY_FAILED": "shows a certificate that is not signed by access.bmc_ca",
        "SSLCertVerificationE": "shows a certificate that is not signed by access.bmc_ca",
        "Connection refused": "nobody answers at its address",
        "No route to host": "nobody answers at its address",
    }
    return next((words for sign, words in known.items() if sign in text), text.splitlines()[0][:160])


async def ask_all(
    servers: tuple[Server, ...], user: str, password: Secret, ca: Path, limit: float, parallel: int = 32
) -> dict[str, Bmc]:
    """Answers by server name; a BMC that never answers costs twice ``limit`` and no more:
    the client tries three times by itself."""
    gate = asyncio.Semaphore(parallel)

    async def one(server: Server) -> tuple[str, Bmc]:
        async with gate:
            loop = asyncio.get_running_loop()
            done: asyncio.Future[Bmc] = loop.create_future()

            def deliver(answer: Bmc) -> None:
                if not done.done():
                    done.set_result(answer)

            def work() -> None:
                answer = ask(server.bmc.address.ip, user, password, ca, limit)
                if not loop.is_closed():
                    loop.call_soon_threadsafe(deliver, answer)

            # A daemon thread: one that hangs in a socket must not hold the end of the command.
            threading.Thread(target=work, daemon=True).start()
            try:
                return server.name, await asyncio.wait_for(done, 2 * limit)
            except TimeoutError:
                return server.name, Bmc(None, None, 2 * limit, f"no answer within {2 * limit:g} s")

    return dict(await asyncio.gather(*(one(server) for server in servers)))


def verdicts(
    server: Server, bmc: Bmc | None, missing: str = "not asked", gate: tuple[str, ...] = ()
) -> list[Verdict]:
    """Does it serve, in time, with the serial number that was shipped; and is the power on?

    ``gate``: the elements of the management network that it is asked through.
    """
    place = f"{server.name}:bmc"
    if bmc is None:
        return [
            Verdict(
                "bmc", "bmc", server.name, "bmc", "not measured", missing, "answers Redfish", SOURCE, gate
            ),
        ]
    found = bmc.wrong
    if found is None and bmc.seconds > SLOW_SECONDS:
        found = f"slow: {bmc.seconds:.1f} s for one answer"
    expected = f"answers Redfish within {SLOW_SECONDS:.0f} s"
    judged = [
        Verdict(
            "bmc",
            "bmc",
            server.name,
            "bmc",
            "fail" if found else "pass",
            found or f"{bmc.seconds:.2f} s",
            expected,
            SOURCE,
            needs=gate,
            blames=(place,),
        )
    ]
    if bmc.wrong is not None:
        why = "its BMC does not serve"
        judged.append(
            Verdict("power", "power", server.name, "bmc", "not measured", why, "On", SOURCE, blames=(place,))
        )
        return judged
    power = bmc.power or "unknown"
    judged.append(
        Verdict(
            "power",
            "power",
            server.name,
            None,
            "pass" if power == "On" else "fail",
            f"power {power}",
            "power On",
            SOURCE,
        )
    )
    if server.bmc.serial is not None:
        same = bmc.serial == server.bmc.serial
        judged.append(
            Verdict(
                "serial",
                "bmc",
                server.name,
                None,
                "pass" if same else "fail",
                str(bmc.serial),
                server.bmc.serial,
                SOURCE,
            )
        )
    return judged
