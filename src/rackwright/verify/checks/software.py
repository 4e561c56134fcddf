"""GPU software: every layer that reports a version reports the lock's; counts of GPUs and RDMA devices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from rackwright.locks import LockRow
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Outcome, Verdict

INSTALLED = frozenset({"driver", "fabric_manager", "nccl", "rdma_core"})
"""Rows of the lock whose packages must be there; others are judged where somebody has installed them."""
VERSION = re.compile(r"\b\d+\.\d+(?:\.\d+)*\b")


def _verdict(
    check: str, want: Expected, outcome: Outcome, found: str, expected: str, source: str, part: str
) -> Verdict:
    mark = f"{want.device}#{part}"
    return Verdict(
        check, "node", want.device, None, outcome, found, expected, source, needs=(mark,), blames=(mark,)
    )


def software(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    """Versions layer by layer: packages, kernel module, library (nvidia-smi), fabric manager, NCCL, NIC
    firmware."""
    if not want.gpus:
        return
    yield from _packages(facts, want, lock)
    layers = (
        ("driver module", "driver_module", "driver", "cat /proc/driver/nvidia/version", "gpu"),
        ("driver library", "gpus", "driver", "nvidia-smi --query-gpu=driver_version", "gpu"),
        (
            "fabric manager",
            "fabric_manager",
            "fabric_manager",
            "nv-fabricmanager --version",
            "gpu",
        ),
        ("NCCL library", "nccl_library", "nccl", "ls -l libnccl.so.2", "nccl"),
    )
    for check, question, row, source, part in layers:
        expected = lock[row].reports if row in lock else None
        if expected is None:
            continue
        try:
            answer = facts.answer(question)
        except NotMeasured as reason:
            yield _verdict(check, want, "not measured", str(reason), expected, source, part)
            continue
        text = answer.out if answer.rc == 0 else f"{answer.out}\n{answer.err}".strip()
        found = sorted(_versions(question, text)) if answer.rc == 0 else []
        said = ", ".join(found) or _last(text)
        yield _verdict(check, want, "pass" if found == [expected] else "fail", said, expected, source, part)
    yield from _firmware(facts, want, lock)


def _versions(question: str, text: str) -> set[str]:
    if question == "gpus":
        return {line.split(",")[3].strip() for line in text.splitlines() if line.count(",") >= 4}
    if question == "driver_module":
        match = re.search(r"Kernel Module[^\d]*(?:for \S+\s+)?(\d+\.\d+(?:\.\d+)*)", text)
        return {match[1]} if match else set()
    if question == "nccl_library":
        match = re.search(r"libnccl\.so\.(\d+\.\d+\.\d+)", text)
        return {match[1]} if match else set()
    return set(VERSION.findall(text)[:1])


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"


def _packages(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    lines = (line.split() for line in facts.text("packages").splitlines())
    installed = {words[0]: words[1] for words in lines if len(words) == 3 and words[2][1:2] == "i"}
    for name, row in lock.items():
        if not row.packages:
            continue
        if name not in INSTALLED and not set(row.packages) & set(installed):
            why = "not installed: no role installs it yet"
            verdict = _verdict(f"packages {name}", want, "not measured", why, name, "dpkg-query", name)
            yield replace(verdict, due=False)
            continue
        wrong = {p: installed.get(p, "absent") for p, v in row.packages.items() if installed.get(p) != v}
        expected = ", ".join(f"{p} {row.packages[p]}" for p in (wrong or row.packages))
        found = ", ".join(f"{p} {v}" for p, v in wrong.items()) or expected
        part = "gpu" if name in ("driver", "fabric_manager") else name
        outcome: Outcome = "fail" if wrong else "pass"
        yield _verdict(f"packages {name}", want, outcome, found, expected, "dpkg-query", part)


def parse_rdma(text: str) -> dict[str, str]:
    """Firmware version by RDMA device, from ``ibv_devinfo``."""
    found: dict[str, str] = {}
    device = ""
    for line in text.splitlines():
        key, _, value = line.strip().partition(":")
        if key == "hca_id":
            device = value.strip()
            found[device] = "unknown"
        elif key == "fw_ver" and device:
            found[device] = value.strip()
    return found


def _firmware(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    row = next((row for name, row in lock.items() if name.endswith("_firmware") and row.reports), None)
    if row is None or row.reports is None or not want.rdma:
        return
    found = parse_rdma(facts.text("rdma"))
    for device in want.rdma:
        version = found.get(device, "no such device")
        outcome: Outcome = "pass" if version == row.reports else "fail"
        yield _verdict(f"NIC firmware {device}", want, outcome, version, row.reports, "ibv_devinfo", "rdma")


def counts(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    """GPUs and RDMA devices are all there."""
    if not want.gpus:
        return
    if "driver" in lock:
        yield from _gpus(facts, want)
    else:  # a lock of another vendor's driver: nvidia-smi is not there to ask
        why = "no tool of this lock's driver is asked yet"
        verdict = _verdict("GPU count", want, "not measured", why, str(want.gpus), "nvidia-smi", "gpu")
        yield replace(verdict, due=False)
    found = sorted(set(parse_rdma(facts.text("rdma"))) & set(want.rdma))
    missing = sorted(set(want.rdma) - set(found))
    yield _verdict(
        "compute NICs",
        want,
        "fail" if missing else "pass",
        f"{len(found)}, missing {', '.join(missing)}" if missing else str(len(found)),
        str(len(want.rdma)),
        "ibv_devinfo",
        "rdma",
    )


def _gpus(facts: Facts, want: Expected) -> Iterator[Verdict]:
    lines = [line for line in facts.text("gpus").splitlines() if line.count(",") >= 4]
    uuids = {line.split(",")[2].strip() for line in lines}
    outcome: Outcome = "pass" if len(lines) == want.gpus == len(uuids) else "fail"
    yield _verdict("GPU count", want, outcome, str(len(uuids)), str(want.gpus), "nvidia-smi", "gpu")
    if want.gpu_product:
        products = sorted({line.split(",")[1].strip() for line in lines})
        same: Outcome = "pass" if products == [want.gpu_product] else "fail"
        yield _verdict("GPU model", want, same, ", ".join(products), want.gpu_product, "nvidia-smi", "gpu")


def fabric_manager(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    """It runs: without it no NVSwitch system gives its GPUs to CUDA. Other vendors have none."""
    if not want.gpus or "fabric_manager" not in lock:
        return
    state = facts.answer("fabric_manager_unit").out.strip() or "unknown"
    outcome: Outcome = "pass" if state == "active" else "fail"
    yield _verdict("fabric manager runs", want, outcome, state, "active", "systemctl is-active", "gpu")
