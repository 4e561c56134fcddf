"""Volume: a GlusterFS volume on the storage servers, peered and served by their storage-plane addresses.

Why GlusterFS: docs/decisions. Its command line is a transaction over all peers, so everything is asked of
the first server; bricks are prepared on each.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from rackwright.errors import WorldRefused
from rackwright.resources import site
from rackwright.resources.handler import Diff, Observed, Progress, Props
from rackwright.ssh import Result, Session, connect

READY_SECONDS = 120.0
"""How long peers may take to reach one another: the storage plane's routes may only just have come up."""


@dataclass(frozen=True, slots=True)
class Info:
    """``gluster volume info``."""

    status: str
    bricks: tuple[str, ...]

    @property
    def started(self) -> bool:
        return self.status == "Started"


def parse(output: str) -> Info:
    """
    >>> parse("Volume Name: v\\nStatus: Started\\nBricks:\\nBrick1: 10.80.0.1:/srv/b\\n").bricks
    ('10.80.0.1:/srv/b',)
    """
    rows = [line.partition(":") for line in output.splitlines()]
    status = next((value.strip() for key, _, value in rows if key == "Status"), "Unknown")
    bricks = [value.strip() for key, _, value in rows if key.startswith("Brick") and key[5:].isdigit()]
    return Info(status, tuple(bricks))


class VolumeHandler:
    """``rackwright:storage:Volume``.

    Inputs: name, replica, brick (path), servers [{name, address (management), storage (address on the
    plane)}].
    """

    type = "rackwright:storage:Volume"

    def check(self, inputs: Props) -> list[tuple[str, str]]:
        problems = site.missing(inputs, "name", "replica", "brick", "servers")
        if inputs.get("servers") and len(inputs["servers"]) % int(inputs.get("replica", 1)):
            problems.append(("replica", f"does not divide {len(inputs['servers'])} servers"))
        return problems

    def diff(self, old: Props, new: Props) -> Diff:
        return site.diff(old, new, frozenset({"name", "replica", "brick"}))

    async def read(self, id: str, inputs: Props) -> Observed | None:
        async with _first(inputs) as session:
            info = await _info(session, inputs["name"])
            online = await _online(session, inputs) if info and info.started else 0
        return _observed(inputs, info, online) if info else None

    async def apply(self, inputs: Props, old: Observed | None, progress: Progress) -> Observed:
        name = inputs["name"]
        async with _first(inputs) as session:
            await _ready(session)
            await _peer(session, inputs, progress)
            info = await _info(session, name)
            if info is None:
                await _prepare(inputs)
                progress("creating the volume")
                bricks = _bricks(inputs)
                replica = ["replica", str(inputs["replica"])] if int(inputs["replica"]) > 1 else []
                await _gluster(session, "volume", "create", name, *replica, *bricks, "force")
                info = await _info(session, name)
            if info is None or set(info.bricks) != set(_bricks(inputs)):
                found = ", ".join(info.bricks) if info else "no volume"
                raise WorldRefused(
                    name, "bricks", f"found {found}, expected {', '.join(_bricks(inputs))}", _BY_HAND
                )
            if not info.started or await _online(session, inputs) < len(inputs["servers"]):
                progress("starting the volume")
                await _gluster(session, "volume", "start", name, "force")
            return _observed(inputs, await _info(session, name), await _all_online(session, inputs))

    async def delete(self, id: str, inputs: Props, progress: Progress) -> None:
        """Stop and delete the volume. Its data is set aside on each server, never removed."""
        name = inputs["name"]
        async with _first(inputs) as session:
            info = await _info(session, name)
            if info is None:
                return
            if info.started:
                await _gluster(session, "volume", "stop", name, "force")
            await _gluster(session, "volume", "delete", name)
        aside = f"{inputs['brick']}.deleted-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
        for server in inputs["servers"]:
            async with _session(inputs, server) as session:
                await session.run(["mv", "-T", inputs["brick"], aside])
        progress(f"deleted; the data lies in {aside} on each storage server")


_BY_HAND = "moving data to other bricks is a decision for a person: see gluster volume replace-brick"


def _bricks(inputs: Props) -> list[str]:
    return [f"{server['storage']}:{inputs['brick']}" for server in inputs["servers"]]


@contextlib.asynccontextmanager
async def _session(inputs: Props, server: Props) -> AsyncIterator[Session]:
    with site.door(inputs, server["name"], server["address"]) as door:
        async with connect(door) as session:
            yield session


def _first(inputs: Props) -> contextlib.AbstractAsyncContextManager[Session]:
    return _session(inputs, inputs["servers"][0])


async def _ready(session: Session) -> None:
    done = await session.run(["systemctl", "is-active", "glusterd"])
    if done.rc != 0:
        raise WorldRefused(
            session.door.name,
            "glusterd",
            done.out.strip() or "not installed",
            "the role glusterfs installs and starts it",
        )


async def _gluster(session: Session, *words: str, seconds: float = READY_SECONDS) -> Result:
    """One gluster command, again while peers are busy or not reachable yet."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        done = await session.run(["gluster", "--mode=script", *words], timeout=180)
        said = " ".join((done.err + " " + done.out).split())
        if done.rc == 0:
            return done
        if "already" in said and words[:2] in (("volume", "start"), ("peer", "probe")):
            return done
        if asyncio.get_running_loop().time() > end:
            raise WorldRefused(
                session.door.name, " ".join(("gluster", *words[:3])), said[-400:], "see gluster peer status"
            )
        await asyncio.sleep(2)


async def _peer(session: Session, inputs: Props, progress: Progress) -> None:
    """Make the servers peers by their storage-plane addresses."""
    known = (await _gluster(session, "pool", "list")).out
    for server in inputs["servers"][1:]:
        rows = [line.split() for line in known.splitlines()]
        if not any(server["storage"] in row and "Connected" in row for row in rows):
            progress(f"peering with {server['name']} at {server['storage']}")
            await _gluster(session, "peer", "probe", server["storage"])
    if len(inputs["servers"]) > 1:
        # Told by the other side, too, so that every peer knows the first server by the plane's address.
        async with _session(inputs, inputs["servers"][1]) as other:
            first = inputs["servers"][0]["storage"]
            if first not in (await _gluster(other, "pool", "list")).out:
                await _gluster(other, "peer", "probe", first)
    await _connected(session, len(inputs["servers"]))


async def _connected(session: Session, count: int) -> None:
    end = asyncio.get_running_loop().time() + READY_SECONDS
    while (found := (await _gluster(session, "pool", "list")).out).count("Connected") < count:
        if asyncio.get_running_loop().time() > end:
            said = " ".join(found.split())
            raise WorldRefused(
                session.door.name, "peer", said, "can the servers reach one another on the storage plane?"
            )
        await asyncio.sleep(1)


async def _info(session: Session, name: str) -> Info | None:
    done = await session.run(["gluster", "--mode=script", "volume", "info", name])
    if done.rc == 0:
        return parse(done.out)
    if "does not exist" in done.err + done.out:
        return None
    if done.rc == 127 or "Connection failed" in done.err + done.out:
        return None  # not installed or not running: there is no volume to speak of
    raise WorldRefused(
        session.door.name, "gluster volume info", " ".join((done.err + done.out).split())[-400:], ""
    )


async def _prepare(inputs: Props) -> None:
    """An empty brick on each server. What a cut-short creation left is swept; data is not touched."""
    for server in inputs["servers"]:
        async with _session(inputs, server) as session:
            await _ready(session)
            brick = inputs["brick"]
            listing = await session.run(["ls", "-A", brick])
            if set(listing.out.split()) - {".glusterfs"}:
                raise WorldRefused(
                    server["name"],
                    "prepare brick",
                    f"{brick} holds data of an unknown volume",
                    "move it away first",
                )
            await session.run(["rm", "-rf", "--one-file-system", brick], check="sweep brick")
            await session.run(["mkdir", "-p", brick], check="make brick")


async def _online(session: Session, inputs: Props) -> int:
    """Bricks whose process is up."""
    done = await session.run(
        ["gluster", "--mode=script", "volume", "status", inputs["name"], "detail"], timeout=60
    )
    rows = [line.partition(":") for line in done.out.splitlines()]
    return sum(key.strip() == "Online" and value.strip() == "Y" for key, _, value in rows)


async def _all_online(session: Session, inputs: Props) -> int:
    end = asyncio.get_running_loop().time() + READY_SECONDS
    while (online := await _online(session, inputs)) < len(inputs["servers"]):
        if asyncio.get_running_loop().time() > end:
            raise WorldRefused(
                inputs["name"], "start", f"{online} bricks online", "see gluster volume status"
            )
        await asyncio.sleep(1)
    return online


def _observed(inputs: Props, info: Info | None, online: int) -> Observed:
    found = {key: value for key, value in inputs.items() if key != "drift"}
    drift = []
    if info is None or not info.started:
        drift.append(f"volume: found {info.status.lower() if info else 'none'}, expected started")
    elif online < len(inputs["servers"]):
        drift.append(f"bricks online: found {online}, expected {len(inputs['servers'])}")
    if info is not None and set(info.bricks) != set(_bricks(inputs)):
        drift.append(f"bricks: found {', '.join(info.bricks)}")
    if drift:
        found["drift"] = drift
    status = info.status if info else "none"
    return Observed(inputs["name"], found, {"name": inputs["name"], "status": status, "online": online})
