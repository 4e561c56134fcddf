"""Run a command inside a machine of the lab, from the host: for planting faults and for tests.

>>> from rackwright.lab.inside import run_in
>>> run_in(Place("lab"), "oob-01", ["networkctl", "list"]).stdout      # doctest: +SKIP
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from rackwright.errors import WorldRefused
from rackwright.lab import machine
from rackwright.lab.place import Place


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command inside a machine said."""

    code: int
    stdout: str
    stderr: str


def run_in(
    place: Place, device: str, argv: Sequence[str], *, timeout: float = 60, text: str | None = None
) -> Answer:
    """Run a command as root inside a machine that is on.

    :raises WorldRefused: it is off, or the command did not end in time.
    """
    first = machine.leader(place, device)
    if first is None:
        raise WorldRefused(device, f"run {argv[0]}", "the machine is off")
    try:
        done = subprocess.run(  # noqa: S603 - argv is a list, no shell
            ["nsenter", "--target", str(first), "--all", "--", *argv],  # noqa: S607
            input=text,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise WorldRefused(device, f"run {argv[0]}", f"did not end within {timeout:g} s") from problem
    return Answer(done.returncode, done.stdout, done.stderr)


def must(
    place: Place, device: str, argv: Sequence[str], *, timeout: float = 60, text: str | None = None
) -> str:
    """The same for a command that has to succeed; its standard output."""
    answer = run_in(place, device, argv, timeout=timeout, text=text)
    if answer.code:
        raise WorldRefused(
            device, f"run {argv[0]}", f"ended with {answer.code}: {answer.stderr.strip()[-400:]}"
        )
    return answer.stdout
