"""Commands of the site that take a host out of service and put it back: of this machine, no shell line.

>>> words("kubectl drain {host} --ignore-daemonsets", "gpu-su01-n01")
['kubectl', 'drain', 'gpu-su01-n01', '--ignore-daemonsets']
>>> words("site-drain", "gpu-su01-n01")
['site-drain', 'gpu-su01-n01']
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal

from rackwright.errors import UsageError

PLACE = "{host}"
END_SECONDS = 5.0
AT_A_TIME = 32


def words(command: str, host: str) -> list[str]:
    """The command for one host: its name in place of ``{host}``, else as the last word.

    :raises UsageError: it is no command.
    """
    try:
        found = shlex.split(command)
    except ValueError as problem:
        raise UsageError(f"command {command!r}: {problem}") from problem
    if not found:
        raise UsageError("command '': found nothing, expected a program")
    if any(PLACE in word for word in found):
        return [word.replace(PLACE, host) for word in found]
    return [*found, host]


async def call(command: str, host: str, seconds: float) -> str:
    """Run it for one host; why it failed, empty where it did not. It ends in time, children included."""
    argv = words(command, host)
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as problem:
        return f"{argv[0]}: {problem.strerror}"
    said = b""
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
    except TimeoutError:
        return f"{argv[0]} did not end within {seconds:.0f} s"
    finally:
        if process.returncode is None:
            await _end(process)
    if process.returncode == 0:
        return ""
    text = " ".join(said.decode(errors="replace").split())[-400:]
    return f"{argv[0]} ended with {process.returncode}: {text or 'no output'}"


async def call_all(command: str, hosts: list[str], seconds: float) -> dict[str, str]:
    """The same for many, some at a time."""
    gate = asyncio.Semaphore(AT_A_TIME)

    async def one(host: str) -> str:
        async with gate:
            return await call(command, host, seconds)

    return dict(zip(hosts, await asyncio.gather(*(one(host) for host in hosts)), strict=True))


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the command and what it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
        except ProcessLookupError:
            return
        except TimeoutError:
            continue
        else:
            return
