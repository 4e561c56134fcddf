"""Partitions of the simulated AMD GPUs: ``amd-smi set``, and ``amd-smi static --partition``.

Words and order follow the quick start guide (instinct.docs.amd.com, gpu-partitioning/mi300x): memory modes
ask for a word of consent, take fitting compute modes along, and have the driver loaded again. The loaded
driver knows the modes; the power takes them away.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from . import amd_module, record

STATE = Path("/run/hardware-twin/amd-partition.json")
WHOLE = {"compute": "SPX", "memory": "NPS1"}
PARTS = {"SPX": 1, "DPX": 2, "QPX": 4, "CPX": 8}
PROFILES = {"SPX": 0, "DPX": 1, "QPX": 2, "CPX": 3}
MEMORY = {"NPS1": 1, "NPS2": 2, "NPS4": 4}
QUESTION = "Do you accept these terms? [Y/N] "
NOT_SUPPORTED = 2


def modes() -> dict[str, str]:
    """Compute and memory mode of all GPUs."""
    try:
        found: dict[str, str] = json.loads(STATE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return dict(WHOLE)
    return found


def _keep(data: dict[str, Any], **changed: str) -> None:
    own = {**modes(), **changed}
    STATE.parent.mkdir(parents=True, exist_ok=True)
    STATE.write_text(json.dumps(own) + "\n", encoding="utf-8")
    amd_module.nodes(len(record.gpus(data)) * PARTS[own["compute"]])


def rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each partition."""
    own = modes()
    parts = PARTS[own["compute"]]
    return [
        {
            "gpu": place * parts + number,
            "partition": {
                "accelerator_partition": own["compute"],
                "memory_partition": own["memory"],
                "partition_id": number,
            },
        }
        for place in range(len(record.gpus(data)))
        for number in range(parts)
    ]


def set_modes(arguments: list[str], data: dict[str, Any]) -> int:
    """``set [--gpu all] --memory-partition NPS4`` or ``--compute-partition CPX``."""
    for option, known in (("--memory-partition", MEMORY), ("--compute-partition", PARTS)):
        if option not in arguments:
            continue
        word = (arguments[arguments.index(option) + 1 :] or [""])[0].upper()
        if word not in known:
            print(f"amd-smi: '{word}' is not one of {', '.join(known)}", file=sys.stderr)
            return NOT_SUPPORTED
        done = _memory(word, data) if option == "--memory-partition" else _compute(word, data)
        if done:
            return done
    return 0


def _memory(word: str, data: dict[str, Any]) -> int:
    print(
        "****** WARNING ******\n\nSetting Dynamic Memory (NPS) partition modes "
        "require users to quit all GPU workloads."
    )
    print(QUESTION, end="", flush=True)
    if sys.stdin.readline().strip().upper() not in ("Y", "YES"):
        print("Confirmation not given. Exiting without setting value")
        return 1
    if not data["faults"].get("amd_no_reload"):
        compute = modes()["compute"]
        fitting = compute if PARTS[compute] >= MEMORY[word] else "CPX"
        _keep(data, memory=word, compute=fitting)
    _tell(data, "MEMORY_PARTITION", f"Successfully set memory partition to {word}")
    return 0


def _compute(word: str, data: dict[str, Any]) -> int:
    if PARTS[word] < MEMORY[modes()["memory"]]:
        print(f"AMDSMI_STATUS_INVAL: {word} does not go with {modes()['memory']}", file=sys.stderr)
        return 1
    _keep(data, compute=word)
    _tell(
        data,
        "ACCELERATOR_PARTITION",
        f"Successfully set accelerator partition to {word} (profile #{PROFILES[word]})",
    )
    return 0


def _tell(data: dict[str, Any], what: str, text: str) -> None:
    for gpu in record.gpus(data):
        print(f"GPU: {gpu['index']}\n    {what}: {text}\n")
