"""Health of NVIDIA GPUs: on the bus, memory, links, modes; against ``catalog/health.yaml``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter

from rackwright.locks import LockRow
from rackwright.verify.checks.gpus import Judge, Rows, mark, rows, software_marks
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.limits import limit_of
from rackwright.verify.model import Outcome, Verdict
from rackwright.verify.questions import FABRIC_FIELDS, HEALTH_FIELDS, REMAP_FIELDS
from rackwright.verify.xids import bus_of

Lock = Mapping[str, LockRow]
NODES = ("nvidiactl", "nvidia-uvm")
"""Device nodes that every CUDA program opens, besides one for each GPU."""
_LINK = re.compile(r"^\s+Link (\d+): (?:([\d.]+) GB/s|(.*))$")
_HEAD = re.compile(r"^GPU (\d+):")


def nvidia(want: Expected, lock: Lock) -> bool:
    """Whether nvidia-smi is the tool to ask."""
    return want.gpus > 0 and "driver" in lock


def device_nodes(facts: Facts, want: Expected, lock: Lock) -> Iterator[Verdict]:
    """They exist before anything opens a GPU: a container's specification is written from what exists
    (dra-driver-nvidia-gpu#1380)."""
    if not nvidia(want, lock):
        return
    there = {line.rpartition("/")[2] for line in facts.text("gpu_nodes").splitlines()}
    numbered = [name for name in there if re.fullmatch(r"nvidia\d+", name)]
    missing = [name for name in NODES if name not in there]
    short = want.gpus - len(numbered)
    found = [f"{len(numbered)} of nvidia0 to nvidia{want.gpus - 1}"] if short else []
    found += [f"no {name}" for name in missing]
    element = f"{want.device}#nodes"
    yield Verdict(
        "device nodes", "node", want.device, None, "fail" if found else "pass",
        ", ".join(found) or f"{len(numbered)} GPUs, {', '.join(NODES)}",
        f"{want.gpus} GPUs, {', '.join(NODES)}", "find /dev -name 'nvidia*'",
        needs=(f"{want.device}#gpu",), blames=(element,),
    )  # fmt: skip


def health(facts: Facts, want: Expected, lock: Lock) -> Iterator[Verdict]:
    """What one query of nvidia-smi tells: lost GPUs, ECC, PCIe, persistence, MIG."""
    if not nvidia(want, lock):
        return
    found = rows(facts, "gpu_health", HEALTH_FIELDS)
    right = max(want.gpus - len(found.lost), 0)
    bus = Judge(want, "GPUs on the bus", "every GPU can be opened", "nvidia-smi")
    yield from bus.verdicts(found.lost, min(right, len(found.gpus)), {})
    for check, field in (
        ("ECC mode", "ecc.mode.current"),
        ("ECC uncorrected errors", "ecc.errors.uncorrected.volatile.total"),
        ("ECC corrected errors", "ecc.errors.corrected.volatile.total"),
        ("persistence mode", "persistence_mode"),
        ("MIG mode", "mig.mode.current"),
    ):
        if check == "MIG mode" and want.sharing is not None:
            continue  # the design says how they are divided: checks/gpu_sharing.py
        yield from _limited(want, found, check, itemgetter(field))
    yield from _pcie(want, found)


def _limited(
    want: Expected, found: Rows, check: str, value: Callable[[Mapping[str, str]], str]
) -> Iterator[Verdict]:
    """A value of each GPU against its limit; no limit, no verdict."""
    limit = limit_of(check, want.gpu_product)
    if limit is None:
        return
    wrong, right = {}, 0
    for bus, row in found.gpus.items():
        said = value(row)
        try:
            good = limit.holds(said)
        except ValueError:  # "[N/A]" where a number is due
            good = False
        if good:
            right += 1
        else:
            wrong[bus] = said
    if check in WHOLE:
        yield from _whole(want, check, str(limit), wrong, right, found)
        return
    yield from Judge(want, check, str(limit), "nvidia-smi --query-gpu").verdicts(wrong, right, found.lost)


WHOLE = {"persistence mode": "persistence", "MIG mode": "mig", "fabric state": "gpu"}
"""Modes that one daemon or one setting gives to all GPUs: one verdict for the machine, and the part of it."""


def _whole(
    want: Expected, check: str, expected: str, wrong: Mapping[str, str], right: int, found: Rows
) -> Iterator[Verdict]:
    outcome: Outcome = "fail" if wrong else "pass"
    said = sorted(set(wrong.values()))
    text = f"{', '.join(said)} on {len(wrong)} of {want.gpus} GPUs" if wrong else expected
    element = f"{want.device}#{WHOLE[check]}"
    needs = (*software_marks(want), *(mark(want, bus) for bus in found.lost))
    yield Verdict(
        check, "node", want.device, None, outcome, text, expected, "nvidia-smi --query-gpu",
        needs=needs, blames=(element,), count=max(right, 1),
    )  # fmt: skip


def _pcie(want: Expected, found: Rows) -> Iterator[Verdict]:
    """Width now against the width that both ends have; the generation that the slot allows against the GPU's
    own. The generation of this moment says nothing: an idle GPU lowers it."""
    wrong, right = {}, 0
    for bus, row in found.gpus.items():
        width = (row["pcie.link.width.current"], row["pcie.link.width.max"])
        gen = (row["pcie.link.gen.max"], row["pcie.link.gen.gpumax"])
        said = [f"width x{width[0]} of x{width[1]}"] if width[0] != width[1] else []
        said += [f"generation {gen[0]} of {gen[1]}"] if gen[0] != gen[1] else []
        if said:
            wrong[bus] = ", ".join(said)
        else:
            right += 1
    judge = Judge(want, "PCIe link", "full width and generation", "nvidia-smi --query-gpu")
    yield from judge.verdicts(wrong, right, found.lost)


def fabric(facts: Facts, want: Expected, lock: Lock) -> Iterator[Verdict]:
    """GPUs of an NVSwitch system are registered: until then CUDA does not start. Judged where a row of the
    lock brings what registers them."""
    if not nvidia(want, lock) or not {"fabric_manager", "imex"} & set(lock):
        return
    found = rows(facts, "gpu_fabric", FABRIC_FIELDS)
    yield from _limited(
        want, found, "fabric state", lambda row: f"{row['fabric.state']}, {row['fabric.status']}"
    )


def remapped(facts: Facts, want: Expected, lock: Lock) -> Iterator[Verdict]:
    """No row of memory waits for a reset, none could not be replaced."""
    if not nvidia(want, lock):
        return
    found = rows(facts, "gpu_remap", REMAP_FIELDS, key="gpu_bus_id")
    for check, field in (
        ("row remap pending", "remapped_rows.pending"),
        ("row remap failure", "remapped_rows.failure"),
    ):
        yield from _limited(want, found, check, itemgetter(field))


def nvlinks(facts: Facts, want: Expected, lock: Lock) -> Iterator[Verdict]:
    """Every NVLink of every GPU is up at its speed."""
    if not nvidia(want, lock):
        return
    count, speed = (limit_of(check, want.gpu_product) for check in ("NVLink count", "NVLink speed"))
    if count is None or speed is None:
        return
    answer = facts.answer("nvlinks")
    speeds = parse_nvlinks(answer.out)
    if not speeds:
        said = (answer.out or answer.err).strip().splitlines()
        raise NotMeasured(f"nvlinks: exit {answer.rc}: {said[-1] if said else 'no output'}")
    order = rows(facts, "gpu_health", HEALTH_FIELDS)
    by_index = {row["index"]: bus for bus, row in order.gpus.items()}
    wrong, right = {}, 0
    for index, links in speeds.items():
        slow = [number for number, value in links.items() if value is None or not speed.holds(value)]
        up = len(links) - len(slow)
        if count.holds(up):
            right += 1
        else:
            names = ", ".join(map(str, slow))
            wrong[by_index.get(index, bus_of(f"0:{index}:0"))] = (
                f"{up} links up, wrong: {names or 'none listed'}"
            )
    expected = f"{count} links, each {speed} GB/s"
    judge = Judge(want, "NVLinks", expected, "nvidia-smi nvlink --status")
    yield from judge.verdicts(wrong, right, order.lost)


def parse_nvlinks(text: str) -> dict[str, dict[int, float | None]]:
    """Speed by link, by the GPU's index; None: inactive.

    >>> parse_nvlinks("GPU 0: H100 (UUID: x)\\n\\t Link 0: 26.562 GB/s\\n\\t Link 1: <inactive>")
    {'0': {0: 26.562, 1: None}}
    """
    found: dict[str, dict[int, float | None]] = {}
    links: dict[int, float | None] = {}
    for line in text.splitlines():
        head, link = _HEAD.match(line), _LINK.match(line)
        if head:
            links = found.setdefault(head[1], {})
        elif link:
            links[int(link[1])] = float(link[2]) if link[2] else None
    return found
