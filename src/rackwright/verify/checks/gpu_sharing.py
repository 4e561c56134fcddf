"""How GPUs are divided, against the design: MIG mode and instances, compute mode; AMD's partitions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rackwright.locks import LockRow
from rackwright.verify.checks.gpus import rows, software_marks
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Verdict
from rackwright.verify.questions import SHARING_FIELDS

Lock = Mapping[str, LockRow]
_ROW = re.compile(r"^\|\s+(\d+)\s+MIG (\S+)\s+(\d+)\s+\d+\s+(\d+):(\d+)\s*\|", re.MULTILINE)
NONE = ("No GPU instances found", "No MIG-enabled devices found")
SHOWN = 3
"""GPUs that are named; more are counted."""


def sharing(facts: Facts, want: Expected, lock: Lock) -> Iterator[Verdict]:
    """Judged where Kubernetes hands the GPUs out. Dynamic MIG: a plugin makes and takes, nothing is fixed."""
    if want.sharing is None or not want.gpus:
        return
    if "compute" in want.sharing:
        if "amd_smi" in lock:
            yield _partitions(facts, want, want.sharing)
        return
    if "driver" not in lock:
        return
    found = rows(facts, "gpu_sharing", SHARING_FIELDS)
    needs = (*software_marks(want), *(f"{want.device}#gpu-{bus}" for bus in found.lost))
    modes = {row["index"]: row for row in found.gpus.values()}
    allowed = want.sharing["compute_modes"]
    wrong = [
        f"GPU {n}: {row['compute_mode']}" for n, row in modes.items() if row["compute_mode"] not in allowed
    ]
    yield _verdict(want, "compute mode", wrong, " or ".join(allowed), len(modes), needs, "compute-mode")
    if want.sharing["mode"] == "dynamic":
        return
    on = want.sharing["mode"] == "on"
    # A GPU that has no MIG says [N/A]: as good as off.
    right = ("Enabled",) if on else ("Disabled", "[N/A]")
    wrong = [
        f"GPU {n}: {row['mig.mode.current']}"
        for n, row in modes.items()
        if row["mig.mode.current"] not in right
    ]
    yield _verdict(want, "MIG mode", wrong, right[0], len(modes), needs, "mig")
    if on:
        yield _instances(facts, want, want.sharing["partitions"], list(modes), needs)


def _instances(
    facts: Facts,
    want: Expected,
    partitions: Sequence[Mapping[str, Any]],
    gpus: list[str],
    needs: tuple[str, ...],
) -> Verdict:
    """Every instance at its place, and no other."""
    answer = facts.answer("gpu_instances")
    text = f"{answer.out}\n{answer.err}"
    if answer.rc != 0 and not any(words in text for words in NONE):
        last = text.strip().splitlines()[-1:] or ["no output"]
        raise NotMeasured(f"gpu_instances: exit {answer.rc}: {last[0]}")
    have: dict[str, list[tuple[int, str]]] = {}
    for gpu, profile, number, start, size in _ROW.findall(answer.out):
        have.setdefault(gpu, []).append((int(start), f"{profile} ({number}) {start}:{size}"))
    expected = [f"{p['profile']} ({p['id']}) {p['start']}:{p['size']}" for p in partitions]
    wrong = []
    for gpu in gpus:
        own = [text for _, text in sorted(have.get(gpu, []))]
        if own != expected:
            wrong.append(f"GPU {gpu}: {', '.join(own) or 'none'}")
    needs = (*needs, f"{want.device}#mig")
    return _verdict(want, "MIG instances", wrong, ", ".join(expected), len(gpus), needs, "mig-instances")


def _partitions(facts: Facts, want: Expected, asked: Mapping[str, Any]) -> Verdict:
    """AMD: compute and memory mode of every row, and as many rows as there are to be."""
    answer = facts.answer("gpu_partitions")
    try:
        data = json.loads(answer.out)
        listed = data["gpu_data"] if isinstance(data, dict) else data
        found = [row["partition"] for row in listed]
    except (ValueError, KeyError, TypeError):
        last = (answer.err or answer.out).strip().splitlines()[-1:] or ["no output"]
        raise NotMeasured(f"gpu_partitions: exit {answer.rc}: {last[0]}") from None
    expected = f"{asked['compute']} {asked['memory']}, {want.gpus * asked['parts']} in all"
    have: dict[str, int] = {}
    for row in found:
        compute = row.get("accelerator_partition", row.get("compute_partition", "N/A"))
        name = f"{compute} {row.get('memory_partition')}"
        have[name] = have.get(name, 0) + 1
    right = have == {f"{asked['compute']} {asked['memory']}": want.gpus * asked["parts"]}
    wrong = [] if right else [f"{count} {name}" for name, count in sorted(have.items())] or ["none"]
    return _verdict(
        want, "GPU partitions", wrong, expected, len(found), software_marks(want), "partitions",
        "amd-smi static --partition",
    )  # fmt: skip


def _verdict(
    want: Expected, check: str, wrong: list[str], expected: str, count: int, needs: tuple[str, ...],
    part: str, source: str = "nvidia-smi",
) -> Verdict:  # fmt: skip
    shown = wrong[:SHOWN] + ([f"and {len(wrong) - SHOWN} GPUs more"] if len(wrong) > SHOWN else [])
    return Verdict(
        check, "node", want.device, None, "fail" if wrong else "pass", "; ".join(shown) or expected, expected,
        source, needs=needs, blames=(f"{want.device}#{part}",), count=max(count, 1),
    )  # fmt: skip
