"""Programs of the host, each with a deadline and an error that says what was being done."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from rackwright.errors import WorldRefused

HERE = "this machine"
TAIL = 600


def run(
    argv: Sequence[str],
    step: str,
    *,
    timeout: float = 60,
    text: str | None = None,
    env: Mapping[str, str] | None = None,
    accept: frozenset[int] = frozenset({0}),
    place: str = HERE,
    cwd: Path | None = None,
) -> str:
    """Standard output of a program that ended well.

    :param step: what is being done, for the error; the arguments are not shown beyond the program's name.
    :param accept: exit codes that count as well.
    :raises WorldRefused: it failed, is not there, or ran out of time.
    """
    try:
        done = subprocess.run(  # noqa: S603 - argv is a list, no shell
            list(argv),
            input=text,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=env,
            cwd=cwd,
            check=False,
        )
    except FileNotFoundError as problem:
        raise WorldRefused(place, step, f"{argv[0]} is not installed") from problem
    except subprocess.TimeoutExpired as problem:
        raise WorldRefused(
            place, step, f"{shlex.quote(argv[0])} did not end within {timeout:g} s"
        ) from problem
    if done.returncode not in accept:
        said = (done.stderr.strip() or done.stdout.strip())[-TAIL:]
        raise WorldRefused(place, step, f"{argv[0]} ended with {done.returncode}: {said}")
    return done.stdout
