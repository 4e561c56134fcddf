"""Machine: a server from blank metal to a host that answers SSH with the key we pinned.

Found first, made only when it must be: one that answers is left alone, one that was installed and is off is
powered on from its disk, and only one that we know we never finished is installed. Whatever the BMC's
identity does not match is not touched at all.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rackwright import hostkeys, keypair, secrets, ssh
from rackwright.errors import WorldRefused
from rackwright.resources import record, seed, seedserver, site
from rackwright.resources.bmc import Bmc, Identity, Login
from rackwright.resources.handler import Diff, Observed, Progress, Props
from rackwright.resources.record import Record

BOOT_SECONDS = 600.0
"""From power-on to SSH. A large GPU server spends minutes in its firmware alone."""
FINISH_SECONDS = 20.0
"""How long an installation that an earlier run began may still take before it is begun again."""
LOOK_SECONDS = 10.0
"""Between two looks at a starting server's power."""
PROBE_SECONDS = 8.0
SEED_SECONDS = 240.0
"""From SSH to the end of the seed."""


class MachineHandler:
    """``rackwright:servers:Machine``.

    Inputs: name, serial and macs {interface: MAC} (None or empty: not checked), bmc (URL), address
    (management, with length), nic, gateway, mtu, network {path, text} of the management port, image (URL of
    the manifest), controller (our own management address), group, unit.
    """

    type = "rackwright:servers:Machine"

    def check(self, inputs: Props) -> list[tuple[str, str]]:
        return site.missing(inputs, "name", "bmc", "address", "nic", "network", "image", "controller")

    def diff(self, old: Props, new: Props) -> Diff:
        # What only matters to the first boot does not make a running server different.
        first_boot = {"image", "controller", "network", "mtu", "gateway", "nic"}
        return site.diff(
            {key: value for key, value in old.items() if key not in first_boot},
            {key: value for key, value in new.items() if key not in first_boot},
            frozenset({"name"}),
        )

    async def read(self, id: str, inputs: Props) -> Observed | None:
        async with _bmc(inputs) as bmc:
            identity, on = await bmc.identity(), await bmc.power()
        drift = _mismatch(inputs, identity)
        host = ""
        if not on:
            drift.append("power: found off, expected on")
        else:
            try:
                host = await _hostname(inputs)
            except ssh.WrongHostKey as problem:
                drift.append(f"ssh: {problem.found}")
            except WorldRefused as problem:
                drift.append(f"ssh: {problem.found}")
            if host and host != inputs["name"]:
                drift.append(f"host name: found {host}, expected {inputs['name']}")
        known = record.load(site.state(inputs), inputs["name"])
        if known is None and not host:
            return None  # off, or on with something that is not ours: as if it were not there
        return _observed(inputs, identity, on, host, drift)

    async def apply(self, inputs: Props, old: Observed | None, progress: Progress) -> Observed:
        state, name = site.state(inputs), inputs["name"]
        hostkeys.pin(state, name, [inputs["address"].partition("/")[0]])
        async with _bmc(inputs) as bmc:
            identity = await bmc.identity()
            if wrong := _mismatch(inputs, identity):
                raise WorldRefused(
                    name,
                    "identity",
                    "; ".join(wrong),
                    "nothing was powered; correct assets.yaml or the cabling of its BMC",
                )
            on, known = await bmc.power(), record.load(state, name)
            if on and await _answers(inputs, PROBE_SECONDS):
                progress("answers already")
            elif known is not None and known.phase == "installed":
                await _start(bmc, inputs, on, progress)
            else:
                await _install(bmc, inputs, identity, on, known, progress)
            if known is None or known.phase != "installed":
                await _finish(inputs)
                record.save(state, name, _record("installed", inputs, identity))
            host = await _hostname(inputs)
            if host != name:
                raise WorldRefused(
                    name,
                    "host name",
                    f"the host says it is {host}",
                    "was its seed read? see cloud-init status --long",
                )
            return _observed(inputs, identity, True, host, [])

    async def delete(self, id: str, inputs: Props, progress: Progress) -> None:
        """Power off and forget. The disk stays as it is; the next installation writes over it."""
        async with _bmc(inputs) as bmc:
            identity = await bmc.identity()
            if wrong := _mismatch(inputs, identity):
                raise WorldRefused(
                    inputs["name"], "identity", "; ".join(wrong), "not ours: nothing was powered off"
                )
            await bmc.switch_off()
        record.forget(site.state(inputs), inputs["name"])
        progress("powered off")


async def _start(bmc: Bmc, inputs: Props, on: bool, progress: Progress) -> None:
    """Bring up a server that was installed before, from its own disk."""
    if not on:
        progress("powering on from disk")
        await bmc.boot_from_disk()
        await bmc.switch_on()
    else:
        progress("is on; waiting for SSH")
    hint = "look at its console; to install it anew, run destroy for it first"
    await _booted(bmc, inputs, "start from disk", hint)


async def _install(
    bmc: Bmc, inputs: Props, identity: Identity, on: bool, known: Record | None, progress: Progress
) -> None:
    """First boot: image over HTTP, seed on virtual media, wait for the pinned key."""
    name = inputs["name"]
    if on and known is None:
        raise WorldRefused(
            name,
            "find",
            "it is powered on, and what runs there does not let us in",
            "it may be somebody's: power it off by hand if it may be installed",
        )
    if on:
        progress("an earlier run began here; waiting for it")
        if await _answers(inputs, FINISH_SECONDS):
            return
        await bmc.switch_off()
    state = site.state(inputs)
    record.save(state, name, _record("installing", inputs, identity))
    try:
        with seedserver.published(inputs["controller"], seed.disc(_seed(inputs))) as url:
            progress("booting the image over HTTP")
            await bmc.boot_from_http(inputs["image"])
            await bmc.insert(url)
            await bmc.switch_on()
            await _booted(bmc, inputs, "first boot", "look at its console through the BMC")
            await bmc.eject()
    except OSError as problem:
        raise WorldRefused(
            name,
            "serve seed",
            f"{inputs['controller']}: {problem}",
            "is this machine on the management network?",
        ) from problem


async def _booted(bmc: Bmc, inputs: Props, step: str, hint: str) -> None:
    """Wait for SSH for as long as the server stays on: one that went off again will not answer any more."""
    with site.door(inputs, inputs["name"], inputs["address"]) as door:
        waiting = asyncio.create_task(ssh.wait(door, BOOT_SECONDS, step, hint))
        try:
            while not (await asyncio.wait({waiting}, timeout=LOOK_SECONDS))[0]:
                if not await bmc.power():
                    raise WorldRefused(inputs["name"], step, "it switched itself off while starting", hint)
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        waiting.result()


async def _finish(inputs: Props) -> None:
    """SSH answers before the seed is worked off: wait for the rest, or the network moves under our feet."""
    async with site.session(inputs) as session:
        done = await session.run(["cloud-init", "status", "--wait", "--long"], timeout=SEED_SECONDS)
    if done.rc == 1:
        said = " ".join(done.out.split())[-400:]
        raise WorldRefused(
            inputs["name"], "first boot", f"cloud-init: {said}", "see /var/log/cloud-init.log there"
        )


def _seed(inputs: Props) -> dict[str, str]:
    state, name, network = site.state(inputs), inputs["name"], inputs["network"]
    private = hostkeys.ensure(state, name)
    access = inputs["access"]
    return seed.files(
        name,
        _instance(inputs),
        private.read_text(encoding="utf-8"),
        keypair.public_key(private),
        secrets.authorized_key(access["ssh_key"], site.cluster_file(inputs), state),
        seed.Management(
            inputs["nic"],
            inputs["address"],
            inputs.get("gateway"),
            int(inputs.get("mtu", 1500)),
            network["path"],
            network["text"],
        ),
    )


def _instance(inputs: Props) -> str:
    """The same for the same installation, so that cloud-init does its work once."""
    digest = hashlib.sha256(f"{inputs['name']} {inputs['image']}".encode()).hexdigest()[:12]
    return f"{inputs['name']}-{digest}"


def _record(phase: str, inputs: Props, identity: Identity) -> Record:
    return Record(
        "installed" if phase == "installed" else "installing",
        identity.serial,
        inputs["image"],
        _instance(inputs),
    )


def _mismatch(inputs: Props, identity: Identity) -> list[str]:
    """How the hardware differs from the asset list; empty when it is the one we mean."""
    wrong = []
    if inputs.get("serial") and identity.serial != inputs["serial"]:
        wrong.append(f"serial: found {identity.serial or 'none'}, expected {inputs['serial']}")
    for nic, mac in sorted((inputs.get("macs") or {}).items()):
        if mac.lower() not in identity.macs:
            wrong.append(f"{nic}: no port with MAC {mac.lower()}")
    return wrong


@asynccontextmanager
async def _bmc(inputs: Props) -> AsyncIterator[Bmc]:
    password = site.secret(inputs, "bmc_password")
    with site.secret_file(inputs, "bmc_ca") as authority:
        user = inputs["access"]["bmc_user"]
        yield Bmc(Login(inputs["name"], inputs["bmc"], user, password.reveal(), str(authority)))


async def _answers(inputs: Props, seconds: float) -> bool:
    with site.door(inputs, inputs["name"], inputs["address"]) as door:
        try:
            await ssh.wait(door, seconds, "find", "")
        except ssh.WrongHostKey:
            raise
        except WorldRefused:
            return False
        return True


async def _hostname(inputs: Props) -> str:
    async with site.session(inputs) as session:
        return (await session.run(["hostname"], check="read host name")).out.strip()


def _observed(inputs: Props, identity: Identity, on: bool, host: str, drift: list[str]) -> Observed:
    found = {key: value for key, value in inputs.items() if key != "drift"}
    if drift:
        found["drift"] = drift
    return Observed(
        id=inputs["name"],
        inputs=found,
        outputs={
            "name": inputs["name"],
            "address": inputs["address"],
            "serial": identity.serial,
            "model": identity.model,
            "power": "on" if on else "off",
            "hostname": host,
        },
    )
