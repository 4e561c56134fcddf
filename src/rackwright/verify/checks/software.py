"""Software: every component that reports a version reports the lock's; counts of GPUs and RDMA devices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from rackwright.locks import LockRow
from rackwright.verify.checks.gpus import lost_in, mark, software_marks
from rackwright.verify.checks.node import on_node
from rackwright.verify.components import ELSEWHERE, READERS, Reader, part_of
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Outcome, Verdict

MISMATCH = "version mismatch"
"""nvidia-smi's words for a library that is not of the loaded module's version."""


def software(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    """Row by row: packages, then what the component itself says; the driver's library; NIC firmware."""
    if want.kind != "server":
        return
    installed = _installed(facts)
    for name, row in lock.items():
        readers = [reader for reader in READERS if reader.row == name and _asked(reader, row, want)]
        if not (want.gpus or readers):
            continue
        if row.packages:
            there = bool(set(row.packages) & set(installed))
            if not there and (name in ELSEWHERE or not want.gpus):
                verdict = on_node(
                    f"packages {name}",
                    want,
                    "not measured",
                    "not installed",
                    name,
                    "dpkg-query",
                    part_of(name),
                )
                yield replace(verdict, due=False)
                continue
            yield _packages(want, name, row, installed)
        for reader in readers:
            if row.packages or _brought(reader, lock, installed):
                yield from _version(facts, want, reader, row)
    if not want.gpus:
        return
    if "driver" in lock:
        yield _library(facts, want, lock["driver"])
    yield from _firmware(facts, want, lock)


def _asked(reader: Reader, row: LockRow, want: Expected) -> bool:
    return (reader.everywhere or want.gpus > 0) and reader.flavour in (None, row.flavour)


def _brought(reader: Reader, lock: Mapping[str, LockRow], installed: Mapping[str, str]) -> bool:
    """Whether another row's packages, which bring this one, are there; true of what nothing else brings."""
    outer = lock.get(reader.inside) if reader.inside else None
    return outer is None or not outer.packages or bool(set(outer.packages) & set(installed))


def _installed(facts: Facts) -> dict[str, str]:
    lines = (line.split() for line in facts.text("packages").splitlines())
    return {words[0]: words[1] for words in lines if len(words) == 3 and words[2][1:2] == "i"}


def _packages(want: Expected, name: str, row: LockRow, installed: Mapping[str, str]) -> Verdict:
    wrong = {p: installed.get(p, "absent") for p, v in row.packages.items() if installed.get(p) != v}
    expected = ", ".join(f"{p} {row.packages[p]}" for p in (wrong or row.packages))
    found = ", ".join(f"{p} {v}" for p, v in wrong.items()) or expected
    outcome: Outcome = "fail" if wrong else "pass"
    return on_node(f"packages {name}", want, outcome, found, expected, "dpkg-query", part_of(name))


def _version(facts: Facts, want: Expected, reader: Reader, row: LockRow) -> Iterator[Verdict]:
    """What a component says of itself, where the row says what it should be."""
    if row.reports is None and row.minimum is None:
        return
    expected = row.reports or f"{row.minimum} or newer"
    part = part_of(reader.row)
    try:
        answer = facts.answer(reader.question)
    except NotMeasured as reason:
        yield on_node(reader.check, want, "not measured", str(reason), expected, reader.source, part)
        return
    text = answer.out if answer.rc == 0 else f"{answer.out}\n{answer.err}".strip()
    found = reader.versions(text) if answer.rc == 0 else []
    if row.reports is not None:
        good = found == [row.reports]
    else:
        good = len(found) == 1 and numbers(found[0]) >= numbers(str(row.minimum))
    said = ", ".join(found) or _last(text)
    outcome: Outcome = "pass" if good else "fail"
    yield on_node(reader.check, want, outcome, said, expected, reader.source, part)


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, to compare.

    >>> numbers("6.12.63+deb13-amd64") > numbers("6.8")
    True
    """
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _library(facts: Facts, want: Expected, row: LockRow) -> Verdict:
    """The version that nvidia-smi gives: the library's. It refuses a module of another one."""
    expected, source = str(row.reports), "nvidia-smi --query-gpu=driver_version"
    try:
        answer = facts.answer("gpus")
    except NotMeasured as reason:
        return on_node("driver library", want, "not measured", str(reason), expected, source, "gpu")
    found = sorted({row[3] for row in _gpu_rows(answer.out)})
    said = ", ".join(found) or _last(f"{answer.out}\n{answer.err}")
    if not found and MISMATCH in answer.out:
        said = next(line for line in answer.out.splitlines() if MISMATCH in line)
    elif not found:
        verdict = on_node("driver library", want, "not measured", said, expected, source, "gpu")
        return replace(verdict, needs=software_marks(want))
    outcome: Outcome = "pass" if found == [expected] else "fail"
    return on_node("driver library", want, outcome, said, expected, source, "gpu")


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"


def _gpu_rows(text: str) -> list[list[str]]:
    """Cells of each GPU that answered (QUERY_GPU); other lines are nvidia-smi's complaints."""
    rows = ([cell.strip() for cell in line.split(",")] for line in text.splitlines())
    return [row for row in rows if len(row) >= 5 and row[0].isdigit()]


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
        yield on_node(f"NIC firmware {device}", want, outcome, version, row.reports, "ibv_devinfo", "rdma")


def counts(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    """GPUs and RDMA devices are all there."""
    if not want.gpus:
        return
    if "driver" in lock:
        yield from _gpus(facts, want)
    else:  # a lock of another vendor's driver: nvidia-smi is not there to ask
        why = "no tool of this lock's driver is asked yet"
        verdict = on_node("GPU count", want, "not measured", why, str(want.gpus), "nvidia-smi", "gpu")
        yield replace(verdict, due=False)
    found = sorted(set(parse_rdma(facts.text("rdma"))) & set(want.rdma))
    missing = sorted(set(want.rdma) - set(found))
    yield on_node(
        "compute NICs",
        want,
        "fail" if missing else "pass",
        f"{len(found)}, missing {', '.join(missing)}" if missing else str(len(found)),
        str(len(want.rdma)),
        "ibv_devinfo",
        "rdma",
    )


def _gpus(facts: Facts, want: Expected) -> Iterator[Verdict]:
    answer = facts.answer("gpus")
    rows = _gpu_rows(answer.out)
    lost = lost_in(f"{answer.out}\n{answer.err}")
    if not rows:
        said = _last(f"{answer.out}\n{answer.err}")
        verdict = on_node("GPU count", want, "not measured", said, str(want.gpus), "nvidia-smi", "gpu")
        yield replace(verdict, needs=software_marks(want))
        return
    uuids = {row[2] for row in rows}
    outcome: Outcome = "pass" if len(rows) == want.gpus == len(uuids) else "fail"
    verdict = on_node("GPU count", want, outcome, str(len(uuids)), str(want.gpus), "nvidia-smi", "gpu")
    if lost and len(uuids) + len(lost) == want.gpus:
        # Not fewer than were built in: those that are lost are named, and blamed.
        marks = tuple(mark(want, bus) for bus in lost)
        verdict = replace(verdict, needs=marks, blames=marks)
    yield verdict
    if want.gpu_product:
        products = sorted({row[1] for row in rows})
        same: Outcome = "pass" if products == [want.gpu_product] else "fail"
        yield on_node("GPU model", want, same, ", ".join(products), want.gpu_product, "nvidia-smi", "gpu")


def fabric_manager(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    """It runs: without it no NVSwitch system gives its GPUs to CUDA. Other vendors have none."""
    if not want.gpus or "fabric_manager" not in lock:
        return
    state = facts.answer("fabric_manager_unit").out.strip() or "unknown"
    outcome: Outcome = "pass" if state == "active" else "fail"
    yield on_node("fabric manager runs", want, outcome, state, "active", "systemctl is-active", "gpu")
