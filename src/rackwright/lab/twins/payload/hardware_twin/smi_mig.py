"""``nvidia-smi mig``: the profiles of an H100 with 80 GB, and the instances (none is ever made here).

The profiles: a public ``nvidia-smi mig -lgip`` of an H100 SXM, tests/unit/lab/twins/fixtures/mig-lgip.txt.
"""

from __future__ import annotations

import sys
from typing import Any

PROFILES = (
    ("1g.10gb", 19, 7, 9.75, 16, 1, 0, 1, 1, 0),
    ("1g.10gb+me", 20, 1, 9.75, 16, 1, 0, 1, 1, 1),
    ("1g.20gb", 15, 4, 19.62, 26, 1, 0, 1, 1, 0),
    ("2g.20gb", 14, 3, 19.62, 32, 2, 0, 2, 2, 0),
    ("3g.40gb", 9, 2, 39.50, 60, 3, 0, 3, 3, 0),
    ("4g.40gb", 5, 1, 39.50, 64, 4, 0, 4, 4, 0),
    ("7g.80gb", 0, 1, 79.25, 132, 7, 0, 8, 7, 1),
)
BAR = "+-------------------------------------------------------------------------------+"
NONE = "No MIG-enabled devices found."


def answer(arguments: list[str], gpus: list[dict[str, Any]]) -> int:
    """``-lgip``: profiles; ``-lgi``: instances. Both want a GPU in MIG mode."""
    split = [gpu for gpu in gpus if gpu.get("mig")]
    asked = {"-lgip", "--list-gpu-instance-profiles", "-lgi", "--list-gpu-instances"} & set(arguments)
    if not asked:
        print(f"{' '.join(arguments)} is not simulated", file=sys.stderr)
        return 2
    if not split:
        print(NONE)
        return 6
    if asked & {"-lgi", "--list-gpu-instances"}:
        print("No GPU instances found: Not Found")
        return 6
    print(profiles(split))
    return 0


def profiles(gpus: list[dict[str, Any]]) -> str:
    """The table of profiles, two lines each."""
    lines = [
        BAR,
        "| GPU instance profiles:                                                        |",
        "| GPU   Name               ID    Instances   Memory     P2P    SM    DEC   ENC  |",
        "|                                Free/Total   GiB              CE    JPEG  OFA  |",
        "|===============================================================================|",
    ]
    for gpu in gpus:
        for name, number, count, memory, sm, dec, enc, ce, jpeg, ofa in PROFILES:
            head = f"|{gpu['index']:>4}  MIG {name:<12}{number:>6}     {count}/{count}        {memory:<11.2f}"
            first = f"{head}No     {sm:<7}{dec:<6}{enc}   |"
            second = "|".ljust(64) + f"{ce:<6}{jpeg:<6}{ofa}   |"
            lines += [first, second, BAR]
    return "\n".join(lines)
