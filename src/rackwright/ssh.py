"""SSH with pinned host keys: the only way in which rackwright reaches into a device.

Every wait has an end: connecting, each command, and a connection that went silent (keepalive). A host key
that is not the pinned one is never accepted; it is an error of its own: it means that another machine
answers.

>>> async with connect(door) as session:                                             # doctest: +SKIP
...     print((await session.run(["uptime"])).out)
"""

from __future__ import annotations

import asyncio
import contextlib
import posixpath
import secrets
import shlex
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from rackwright.errors import WorldRefused

CONNECT_SECONDS = 15.0
COMMAND_SECONDS = 60.0
KEEPALIVE_SECONDS = 5.0
KEEPALIVE_MISSES = 3
POLL_SECONDS = 0.5
CHANNELS = 8
"""Commands at a time on one connection: sshd allows ten sessions (MaxSessions), one of them is for files."""


@dataclass(frozen=True, slots=True)
class Door:
    """How to get into one device. ``name`` is what its key is pinned to."""

    name: str
    address: str
    user: str
    key: Path
    known_hosts: Path
    port: int = 22


@dataclass(frozen=True, slots=True)
class Result:
    """What a command answered."""

    rc: int
    out: str
    err: str


class Session:
    """An open connection. Paths and arguments are passed as data, never pasted into a shell line unquoted."""

    def __init__(self, door: Door, connection: asyncssh.SSHClientConnection) -> None:
        self.door = door
        self._connection = connection
        self._sftp: asyncssh.SFTPClient | None = None
        self._starting = asyncio.Lock()
        self._channels = asyncio.Semaphore(CHANNELS)

    async def run(
        self, argv: Sequence[str], *, stdin: str = "", timeout: float = COMMAND_SECONDS, check: str = ""
    ) -> Result:
        """Run a command. With ``check`` (the name of the step) a non-zero exit is an error that quotes it."""
        step = check or argv[0]
        try:
            async with self._channels, asyncio.timeout(timeout):
                done = await self._connection.run(shlex.join(argv), input=stdin, check=False)
        except TimeoutError:
            raise self._refused(step, f"no answer to {argv[0]!r} within {timeout:.0f} s") from None
        except (asyncssh.Error, OSError) as problem:
            raise self._refused(step, f"connection lost: {problem}") from problem
        result = Result(
            done.returncode if done.returncode is not None else -1, str(done.stdout), str(done.stderr)
        )
        if check and result.rc != 0:
            said = (result.err.strip() or result.out.strip() or "nothing")[-2000:]
            raise self._refused(step, f"{shlex.join(argv)} ended with {result.rc}: {said}")
        return result

    async def read(self, path: str) -> str | None:
        """The text of a file; None when there is none."""
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                sftp = await self._files()
                async with sftp.open(path, "r", encoding="utf-8", errors="replace") as file:
                    return str(await file.read())
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None
        except (asyncssh.Error, OSError) as problem:
            raise self._refused(f"read {path}", str(problem) or type(problem).__name__) from problem

    async def write(self, path: str, text: str, mode: int, owner: tuple[int, int] | None = None) -> None:
        """Write a file whole or not at all: a temporary beside it, flushed, then renamed over it."""
        temporary = f"{posixpath.dirname(path)}/.rackwright.{secrets.token_hex(6)}"
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                sftp = await self._files()
                await sftp.makedirs(posixpath.dirname(path), exist_ok=True)
                try:
                    async with sftp.open(temporary, "x", encoding="utf-8") as file:
                        await file.write(text)
                        await file.fsync()
                    await sftp.chmod(temporary, mode)
                    if owner is not None:
                        await sftp.chown(temporary, *owner)
                    await sftp.posix_rename(temporary, path)
                except BaseException:
                    with contextlib.suppress(asyncssh.Error, OSError):
                        await sftp.remove(temporary)
                    raise
        except (asyncssh.Error, OSError) as problem:
            raise self._refused(f"write {path}", str(problem) or type(problem).__name__) from problem

    async def remove(self, path: str) -> None:
        """Remove a file; fine when it is gone."""
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await (await self._files()).remove(path)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return
        except (asyncssh.Error, OSError) as problem:
            raise self._refused(f"remove {path}", str(problem) or type(problem).__name__) from problem

    async def _files(self) -> asyncssh.SFTPClient:
        async with self._starting:
            if self._sftp is None:
                self._sftp = await self._connection.start_sftp_client()
            return self._sftp

    def _refused(self, step: str, found: str) -> WorldRefused:
        return WorldRefused(
            self.door.name, step, found, f"look with: ssh {self.door.user}@{self.door.address}"
        )


@asynccontextmanager
async def connect(door: Door, timeout: float = CONNECT_SECONDS) -> AsyncIterator[Session]:
    """Open a connection to a device whose key is pinned.

    :raises WorldRefused: no answer in time, another host key, or our key is not welcome.
    """
    try:
        async with asyncio.timeout(timeout):
            connection = await asyncssh.connect(
                door.address,
                door.port,
                username=door.user,
                client_keys=[str(door.key)],
                known_hosts=str(door.known_hosts),
                host_key_alias=door.name,
                preferred_auth="publickey",
                agent_path=None,
                config=None,
                keepalive_interval=KEEPALIVE_SECONDS,
                keepalive_count_max=KEEPALIVE_MISSES,
            )
    except TimeoutError:
        raise WorldRefused(
            door.name, "ssh", f"no answer from {door.address} within {timeout:.0f} s", "is it on and cabled?"
        ) from None
    except asyncssh.HostKeyNotVerifiable as problem:
        raise WrongHostKey(
            door.name,
            "ssh",
            f"{door.address} shows another host key than the one pinned in {door.known_hosts}",
            "another machine answers there, or it was installed by hand: find out which, then pin its key",
        ) from problem
    except asyncssh.PermissionDenied as problem:
        raise WorldRefused(
            door.name,
            "ssh",
            f"{door.address} does not let {door.user} in with {door.key.name}",
            "check access.ssh_key",
        ) from problem
    except (asyncssh.Error, OSError) as problem:
        raise WorldRefused(
            door.name, "ssh", f"{door.address}: {problem}", "is it on and cabled?"
        ) from problem
    try:
        yield Session(door, connection)
    finally:
        connection.close()
        with contextlib.suppress(TimeoutError, asyncssh.Error, OSError):
            async with asyncio.timeout(KEEPALIVE_SECONDS):
                await connection.wait_closed()


class WrongHostKey(WorldRefused):
    """Another machine answers: never retried."""


async def answers(door: Door, timeout: float) -> bool:
    """Whether the device lets us in within ``timeout``. A wrong host key is an error, not a no."""
    try:
        async with connect(door, timeout):
            return True
    except WrongHostKey:
        raise
    except WorldRefused:
        return False


async def wait(door: Door, seconds: float, step: str, hint: str) -> None:
    """Wait until the device lets us in.

    :raises WorldRefused: it did not within ``seconds``.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while not await answers(door, min(CONNECT_SECONDS, seconds)):
        if asyncio.get_running_loop().time() >= deadline:
            raise WorldRefused(
                door.name, step, f"no SSH answer from {door.address} within {seconds:.0f} s", hint
            )
        await asyncio.sleep(POLL_SECONDS)
