"""Partitions of AMD's GPUs: what amd-smi says of compute and memory modes, and which calls lead to others.

Also a program: role ``gpu_sharing`` puts this file on the machine, and a unit runs it at boot. A driver that is loaded
anew begins with whole GPUs (instinct.docs.amd.com, gpu-partitioning/mi300x). Needs nothing but Python.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

TOOL = "amd-smi"
ANSWER_S = 60
MEMORY_S = 420
"""The driver is loaded again; amd-smi itself waits up to 140 s (the quick start guide's output)."""
COMPUTE_KEYS = ("accelerator_partition", "compute_partition")
"""As newer and older releases of amd-smi call it."""


class Refused(Exception):
    """amd-smi said no, or nothing."""


@dataclass(frozen=True)
class Part:
    """One row of amd-smi: a GPU, or a partition of one."""

    compute: str
    memory: str
    number: int


@dataclass(frozen=True)
class Modes:
    """What there is to be on every GPU."""

    gpus: int
    compute: str
    memory: str
    parts: int

    @classmethod
    def of(cls, data: dict) -> Modes:
        """From JSON, or from a module's parameters."""
        return cls(int(data["gpus"]), str(data["compute"]), str(data["memory"]), int(data["parts"]))


def smi(*arguments: str, seconds: int = ANSWER_S, said: str = "") -> tuple[int, str]:
    """Exit code and all that it printed.

    :raises Refused: it is not installed, or gave no answer in time.
    """
    try:
        done = subprocess.run(
            [TOOL, *arguments], input=said, capture_output=True, text=True, timeout=seconds, check=False
        )
    except FileNotFoundError:
        raise Refused(f"{TOOL}: not installed") from None
    except subprocess.TimeoutExpired:
        raise Refused(f"{TOOL} {' '.join(arguments)}: no answer within {seconds} s") from None
    return done.returncode, done.stdout if done.returncode == 0 else f"{done.stdout}\n{done.stderr}".strip()


def parse(text: str) -> list[Part]:
    """``static --partition --json``, of any release.

    >>> parse('[{"gpu": 0, "partition": {"compute_partition": "SPX", "memory_partition": "NPS1", "partition_id": 0}}]')
    [Part(compute='SPX', memory='NPS1', number=0)]
    """
    data = json.loads(text[text.index("[") if text.lstrip().startswith("[") else text.index("{") :])
    rows = data.get("gpu_data", []) if isinstance(data, dict) else data
    found = []
    for row in rows:
        own = row.get("partition") or {}
        compute = next((str(own[key]) for key in COMPUTE_KEYS if key in own), "N/A")
        number = str(own.get("partition_id", "0"))
        found.append(
            Part(compute, str(own.get("memory_partition", "N/A")), int(number) if number.isdigit() else 0)
        )
    return found


def read() -> list[Part]:
    """What there is.

    :raises Refused: amd-smi does not tell.
    """
    code, text = smi("static", "--partition", "--json")
    try:
        if code == 0:
            return parse(text)
    except (ValueError, AttributeError):
        code = -1
    raise Refused(f"{TOOL} static --partition --json: exit {code}: {text[-300:]}")


def plan(modes: Modes, parts: list[Part]) -> list[tuple[str, tuple[str, ...], int]]:
    """(words, arguments, seconds) of each call. Memory first: it takes fitting compute modes along. Pure."""
    steps = []
    if any(part.memory not in (modes.memory, "N/A") for part in parts):
        words = ("set", "--gpu", "all", "--memory-partition", modes.memory)
        steps.append((f"memory partitions {modes.memory}", words, MEMORY_S))
    if any(part.compute not in (modes.compute, "N/A") for part in parts):
        words = ("set", "--gpu", "all", "--compute-partition", modes.compute)
        steps.append((f"compute partitions {modes.compute}", words, ANSWER_S))
    return steps


def impossible(modes: Modes, parts: list[Part]) -> list[str]:
    """Why it cannot be had here. Pure."""
    whole = sum(part.number == 0 for part in parts)
    found = [] if whole == modes.gpus else [f"GPUs: found {whole} that answer, expected {modes.gpus}"]
    if modes.parts > 1 and any("N/A" in (part.compute, part.memory) for part in parts):
        found.append("partitions: amd-smi tells no modes of these GPUs")
    return found


def differences(modes: Modes, parts: list[Part]) -> list[str]:
    """What is not as it should be. Pure."""
    found = impossible(modes, parts)
    for what, expected, have in (
        ("compute partitions", modes.compute, {part.compute for part in parts}),
        ("memory partitions", modes.memory, {part.memory for part in parts}),
    ):
        wrong = sorted(have - {expected} - ({"N/A"} if modes.parts == 1 else set()))
        found += [f"{what}: found {', '.join(wrong)}, expected {expected}"] if wrong else []
    if not found and len(parts) != modes.gpus * modes.parts:
        found.append(f"partitions: found {len(parts)}, expected {modes.gpus * modes.parts}")
    return found


def bring(modes: Modes) -> tuple[list[str], list[str]]:
    """Make it so.

    :returns: what was done, and why a reboot is needed: a memory mode that waits for the driver to be loaded again.
    :raises Refused: a call failed.
    """
    done: list[str] = []
    for memory in (True, False):
        steps = [step for step in plan(modes, read()) if ("--memory-partition" in step[1]) == memory]
        for words, arguments, seconds in steps:
            # It asks whether GPUs are free, which the role has seen.
            code, text = smi(*arguments, seconds=seconds, said="Y\n")
            if code != 0:
                raise Refused(f"{words}: exit {code}: {text[-300:]}")
            done.append(words)
            if memory and any(part.memory != modes.memory for part in read()):
                return done, [
                    f"memory partitions {modes.memory}: set, and wait for the driver to be loaded again"
                ]
    return done, []


def main(arguments: list[str]) -> int:
    """At boot: read the modes, set them, read them back."""
    with open(arguments[0], encoding="utf-8") as file:
        modes = Modes.of(json.load(file))
    try:
        done, wrong = bring(modes)
        wrong += differences(modes, read())
    except Refused as problem:
        print(problem, file=sys.stderr)
        return 1
    for line in done:
        print(line)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
