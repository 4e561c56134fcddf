"""``nvidia-smi nvlink``: speed and state of each link."""

from __future__ import annotations

import sys
from typing import Any

from . import gpu as device


def answer(arguments: list[str], gpus: list[dict[str, Any]], data: dict[str, Any]) -> int:
    """``-s``: speeds; ``-e``: error counters, all nought."""
    if {"-s", "--status"} & set(arguments):
        say = _status
    elif {"-e", "--errorcounters"} & set(arguments):
        say = _errors
    else:
        print(f"{' '.join(arguments)} is not simulated", file=sys.stderr)
        return 2
    for gpu in gpus:
        print(f"GPU {gpu['index']}: {gpu['name']} (UUID: {gpu['uuid']})")
        for number, speed in enumerate(device.links(gpu, data)):
            print(say(number, speed))
    return 0


def _status(number: int, speed: float | None) -> str:
    return f"\t Link {number}: <inactive>" if speed is None else f"\t Link {number}: {speed:.3f} GB/s"


def _errors(number: int, speed: float | None) -> str:
    if speed is None:
        return f"\t Link {number}: <inactive>"
    names = ("Replay Errors", "Recovery Errors", "CRC Errors")
    return "\n".join([*(f"\t Link {number}: {name}: 0" for name in names), ""])
