"""nv-hostengine and dcgmi: discovery, health and the deployment level of the diagnostic.

Layouts of DCGM 4: tests/unit/lab/twins/fixtures/dcgmi-*.txt.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import gpu as device
from . import record
from .daemon import mark, runs, stay

PID = Path("/run/nvidia-dcgm/nv-hostengine.pid")
UNREACHABLE = (
    "Error: unable to establish a connection to the specified host: localhost\n"
    "Error: Unable to connect to host engine. Host engine connection invalid/disconnected."
)
WATCHES = Path("/run/nvidia-dcgm/watches")
"""Letters of the health watches; the engine forgets them when it starts anew."""
SYSTEMS = {
    "PCIe": "p",
    "NVLINK": "n",
    "Memory": "m",
    "SM": "",
    "InfoROM": "i",
    "Thermal": "t",
    "Power": "t",
    "Driver": "d",
    "NvSwitch NF": "n",
    "NvSwitch F": "n",
}
"""Systems of ``health -f`` by the letter that sets them; ``a`` stands for all but the SMs."""
BAR = "+---------------------------+------------------------------------------------+"


def hostengine(arguments: list[str]) -> int:
    """The daemon."""
    if "--version" in arguments:
        print(f"Version : {record.installed('dcgm')}")
        return 0
    mark(PID)
    WATCHES.unlink(missing_ok=True)
    print(f"Started host engine version {record.installed('dcgm')} using port number: 5555", flush=True)
    return stay()


def dcgmi(arguments: list[str]) -> int:
    """The client; nothing but its version without the daemon."""
    if "--version" in arguments or "-v" in arguments:
        print(f"\ndcgmi  version: {record.installed('dcgm')}\n")
        return 0
    if not runs(PID):
        print(UNREACHABLE)
        return 255
    data = record.load()
    verb = next((word for word in arguments if not word.startswith("-")), "")
    if verb == "discovery" and {"-l", "--list"} & set(arguments):
        print(discovery(record.answering(data)))
        return 0
    if verb == "health" and {"-s", "--set"} & set(arguments):
        place = next(n for n, word in enumerate(arguments) if word in {"-s", "--set"})
        WATCHES.write_text("".join(arguments[place + 1 : place + 2]), encoding="utf-8")
        print("Health monitor systems set successfully.")
        return 0
    if verb == "health" and "--clear" in arguments:
        WATCHES.unlink(missing_ok=True)
        print("Health monitor systems cleared successfully.")
        return 0
    if verb == "health" and {"-f", "--fetch"} & set(arguments):
        print(watches(WATCHES.read_text(encoding="utf-8") if WATCHES.exists() else ""))
        return 0
    if verb == "health" and {"-c", "--check"} & set(arguments):
        print(health(data))
        return 0
    if verb == "diag" and _level(arguments) == "1":
        return _diagnostic(data, {"-j", "--json"} & set(arguments) != set())
    print(f"dcgmi {' '.join(arguments)} is not simulated", file=sys.stderr)
    return 2


def watches(letters: str) -> str:
    """``health -f``."""
    edge = "+------------------+--------------------------------------------------------------------+"
    lines = ["Health monitor systems report", edge]
    for name, letter in SYSTEMS.items():
        on = letter != "" and ("a" in letters or letter in letters)
        lines += [f"| {name:<16} | {'On' if on else 'Off':<66} |", edge]
    return "\n".join(lines)


def _level(arguments: list[str]) -> str:
    place = next((n for n, word in enumerate(arguments[:-1]) if word in {"-r", "--run"}), None)
    return (
        "" if place is None else {"quick": "1", "short": "1"}.get(arguments[place + 1], arguments[place + 1])
    )


def discovery(gpus: list[dict[str, Any]]) -> str:
    """The list of GPUs."""
    bar = "+--------+----------------------------------------------------------------------+"
    lines = [
        f"{len(gpus)} GPU{'s' * (len(gpus) != 1)} found.",
        bar,
        "| GPU ID | Device Information                                                   |",
        bar,
    ]
    for gpu in gpus:
        lines += [
            f"| {gpu['index']:<6} | {'Name: ' + str(gpu['name']):<68} |",
            f"|        | {'PCI Bus ID: ' + device.bus_id(gpu):<68} |",
            f"|        | {'Device UUID: ' + str(gpu['uuid']):<68} |",
            bar,
        ]
    edge = "+-----------+"
    return "\n".join([*lines, "0 NvSwitches found.", edge, "| Switch ID |", edge, edge])


def wrong(data: dict[str, Any]) -> Iterator[tuple[int, str, str]]:
    """``(GPU, system, what)`` of everything that is broken and that DCGM watches."""
    for gpu in record.lost(data):
        yield gpu["index"], "PCIe", "GPU has fallen off the bus."
    for gpu in record.answering(data):
        index, found = gpu["index"], device.ecc(gpu, data)
        if found["uncorrected"]:
            yield (
                index,
                "Memory",
                f"{found['uncorrected']} uncorrectable volatile memory errors were detected.",
            )
        if found["pending"]:
            yield index, "Memory", "A row remap is pending: the GPU must be reset."
        if found["failure"]:
            yield index, "Memory", "A row remap failed."
        down = [number for number, speed in enumerate(device.links(gpu, data)) if speed is None]
        if down:
            yield index, "NVLink", f"NvLink link {down[0]} is currently down."


def health(data: dict[str, Any]) -> str:
    """``health -c``: all systems are taken as watched."""
    found = list(wrong(data))
    bar = "+---------------------------+----------------------------------------------------------+"
    lines = [
        bar,
        "| Health Monitor Report".ljust(len(bar) - 1) + "|",
        bar.replace("-", "="),
        f"| {'Overall Health':<25} | {'Failure' if found else 'Healthy':<56} |",
    ]
    for index, system, what in found:
        lines += [bar, f"| {f'GPU {index}: {system}':<25} | {what[:56]:<56} |"]
    return "\n".join([*lines, bar])


def _diagnostic(data: dict[str, Any], as_json: bool) -> int:
    gpus, driver = record.answering(data), record.library("libnvidia-ml.so.1") or "unknown"
    failed: dict[int, str] = {}
    if device.persistence() != "Enabled":
        failed = {gpu["index"]: "Persistence mode is disabled." for gpu in gpus}
    for index, _, what in wrong(data):
        failed[index] = what
    if as_json:
        print(json.dumps(document(gpus, failed, driver), indent=2))
    else:
        print(table(gpus, failed, driver))
    return 226 if failed else 0


def document(gpus: list[dict[str, Any]], failed: dict[int, str], driver: str) -> dict[str, Any]:
    """``diag -r 1 -j``."""
    results: list[dict[str, Any]] = []
    for gpu in gpus:
        result: dict[str, Any] = {"entity_group": "GPU", "entity_group_id": 1, "entity_id": gpu["index"]}
        what = failed.get(gpu["index"])
        result["status"] = "Fail" if what else "Pass"
        if what:
            result["warnings"] = [{"error_category": 1, "error_severity": 4, "warning": what}]
        results.append(result)
    test = {
        "name": "software",
        "results": results,
        "test_summary": {"status": "Fail" if failed else "Pass"},
    }
    return {
        "DCGM Diagnostic": {"test_categories": [{"category": "Deployment", "tests": [test]}]},
        "metadata": {
            "version": record.installed("dcgm"),
            "Driver Version Detected": driver,
            "simulated": True,
        },
    }


def table(gpus: list[dict[str, Any]], failed: dict[int, str], driver: str) -> str:
    """``diag -r 1``."""

    def row(left: str, right: str) -> str:
        return f"| {left:<25} | {right[:46]:<46} |"

    lines = [
        "Successfully ran diagnostic for group.",
        BAR,
        row("Diagnostic", "Result"),
        BAR.replace("-", "="),
        "|-----  Metadata  ----------+------------------------------------------------|",
        row("DCGM Version", record.installed("dcgm")),
        row("Driver Version Detected", driver),
        "|-----  Deployment  --------+------------------------------------------------|",
        row("software", "Fail" if failed else "Pass"),
    ]
    for gpu in gpus:
        what = failed.get(gpu["index"])
        lines.append(row("", f"GPU{gpu['index']}: {'Fail' if what else 'Pass'}"))
        if what:
            lines.append(row("Warning: GPU" + str(gpu["index"]), what))
    return "\n".join([*lines, BAR])
