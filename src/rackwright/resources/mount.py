"""Mount: a GlusterFS volume on one server, as a systemd mount unit that is there again after a reboot."""

from __future__ import annotations

import asyncio

from rackwright.errors import WorldRefused
from rackwright.resources import site
from rackwright.resources.handler import Diff, Observed, Progress, Props
from rackwright.ssh import Session

READY_SECONDS = 120.0
ALIVE_SECONDS = "5"
"""A FUSE mount whose servers are gone hangs whoever looks at it."""


def unit_name(where: str) -> str:
    """
    >>> unit_name("/mnt/my-scratch")
    'mnt-my\\\\x2dscratch.mount'
    """
    return where.strip("/").replace("-", "\\x2d").replace("/", "-") + ".mount"


def unit(inputs: Props) -> str:
    """The mount unit. The first server gives the volume's layout, the others stand in for it."""
    first, *others = inputs["servers"]
    options = ["_netdev", "log-level=WARNING"]
    if others:
        options.append(f"backup-volfile-servers={':'.join(others)}")
    return f"""# Written by rackwright: the volume {inputs["volume"]} over the storage plane.
[Unit]
Description=Shared file system {inputs["volume"]}
Wants=network-online.target
After=network-online.target systemd-networkd.service

[Mount]
What={first}:/{inputs["volume"]}
Where={inputs["where"]}
Type=glusterfs
Options={",".join(options)}
TimeoutSec=60

[Install]
WantedBy=multi-user.target
"""


class MountHandler:
    """``rackwright:storage:Mount``: name and address of the host, volume, where, servers (on the plane)."""

    type = "rackwright:storage:Mount"

    def check(self, inputs: Props) -> list[tuple[str, str]]:
        return site.missing(inputs, "name", "address", "volume", "where", "servers")

    def diff(self, old: Props, new: Props) -> Diff:
        return site.diff(old, new, frozenset({"name", "where"}))

    async def read(self, id: str, inputs: Props) -> Observed | None:
        async with site.session(inputs) as session:
            text = await session.read(_path(inputs))
            if text is None and not await _source(session, inputs):
                return None
            return await _observed(session, inputs, text)

    async def apply(self, inputs: Props, old: Observed | None, progress: Progress) -> Observed:
        name = unit_name(inputs["where"])
        async with site.session(inputs) as session:
            fresh = await session.read(_path(inputs)) != unit(inputs)
            if fresh:
                await session.write(_path(inputs), unit(inputs), 0o644)
            await session.run(["systemctl", "daemon-reload"], check="daemon-reload")
            await session.run(["systemctl", "enable", name], check="enable mount")
            source = await _source(session, inputs)
            if source and (source != _wanted(inputs) or not await _alive(session, inputs)):
                progress(f"mounted from {source}, or hung: mounting again")
                await session.run(["umount", "--lazy", inputs["where"]], check="unmount")
            await _mount(session, inputs, name, progress)
            return await _observed(session, inputs, await session.read(_path(inputs)))

    async def delete(self, id: str, inputs: Props, progress: Progress) -> None:
        name = unit_name(inputs["where"])
        async with site.session(inputs) as session:
            if await session.read(_path(inputs)) is not None:
                await session.run(["systemctl", "disable", "--now", name], check="unmount", timeout=90)
                await session.remove(_path(inputs))
                await session.run(["systemctl", "daemon-reload"], check="daemon-reload")
        progress("unmounted")


async def _mount(session: Session, inputs: Props, name: str, progress: Progress) -> None:
    """Start the unit, again until the deadline: routes or the volume may only just be coming up."""
    end = asyncio.get_running_loop().time() + READY_SECONDS
    while True:
        done = await session.run(["systemctl", "start", name], timeout=90)
        if (
            done.rc == 0
            and await _source(session, inputs) == _wanted(inputs)
            and await _alive(session, inputs)
        ):
            return
        missing = "unknown filesystem type" in done.err + (await _log(session, name))
        if missing or asyncio.get_running_loop().time() > end:
            said = " ".join((await _log(session, name)).split())[-400:] or done.err
            hint = "is the volume started, and does the storage plane reach its servers?"
            if missing:
                hint = "the role glusterfs installs the client: did it run on this host?"
            raise WorldRefused(inputs["name"], f"mount {inputs['where']}", said, hint)
        progress("not there yet; trying again")
        await session.run(["systemctl", "reset-failed", name])
        await asyncio.sleep(3)


async def _log(session: Session, name: str) -> str:
    return (await session.run(["journalctl", "-q", "-n", "4", "-o", "cat", "-u", name])).out


def _path(inputs: Props) -> str:
    return f"/etc/systemd/system/{unit_name(inputs['where'])}"


def _wanted(inputs: Props) -> str:
    return f"{inputs['servers'][0]}:/{inputs['volume']}"


async def _source(session: Session, inputs: Props) -> str:
    """What is mounted there; empty when nothing is."""
    done = await session.run(["findmnt", "-n", "-o", "SOURCE", "-M", inputs["where"]])
    return done.out.strip()


async def _alive(session: Session, inputs: Props) -> bool:
    done = await session.run(["timeout", "-s", "KILL", ALIVE_SECONDS, "stat", "-f", inputs["where"]])
    return done.rc == 0


async def _observed(session: Session, inputs: Props, text: str | None) -> Observed:
    source = await _source(session, inputs)
    enabled = (await session.run(["systemctl", "is-enabled", unit_name(inputs["where"])])).out.strip()
    drift = []
    if text != unit(inputs):
        drift.append(f"{_path(inputs)}: {'is missing' if text is None else 'is not as declared'}")
    if enabled != "enabled":
        drift.append(f"mount unit: found {enabled or 'none'}, expected enabled")
    if source != _wanted(inputs):
        drift.append(f"{inputs['where']}: found {source or 'not mounted'}, expected {_wanted(inputs)}")
    elif not await _alive(session, inputs):
        drift.append(f"{inputs['where']}: does not answer within {ALIVE_SECONDS} s")
    found = {key: value for key, value in inputs.items() if key != "drift"}
    if drift:
        found["drift"] = drift
    return Observed(
        f"{inputs['name']}:{inputs['where']}",
        found,
        {"name": inputs["name"], "where": inputs["where"], "source": source},
    )
