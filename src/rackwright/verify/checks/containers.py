"""What containers are started with: containerd's configuration in force, and the GPUs that CDI offers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from rackwright.locks import LockRow
from rackwright.verify.checks.gpus import mark, rows, software_marks
from rackwright.verify.checks.node import on_node
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Outcome, Verdict
from rackwright.verify.node_questions import CDI
from rackwright.verify.questions import HEALTH_FIELDS

Lock = Mapping[str, LockRow]
DUMP = "containerd config dump"
RUNTIME = {2: "io.containerd.grpc.v1.cri", 3: "io.containerd.cri.v1.runtime"}
"""Whose table has what CRI starts containers with, by the version of the configuration."""
NRI = "io.containerd.nri.v1.nri"
RUNC = ("containerd", "runtimes", "runc", "options", "SystemdCgroup")


def containerd(facts: Facts, want: Expected, lock: Lock) -> Iterator[Verdict]:
    """CDI is on and looks where the file lies; NRI where a driver needs it; control groups by the same hand
    as the kubelet's."""
    if "containerd" not in lock or not (want.gpus or want.node):
        return
    try:
        dumped = tomllib.loads(facts.text("containerd_dump"))
    except tomllib.TOMLDecodeError as problem:
        raise NotMeasured(f"{DUMP}: not TOML: {problem}") from problem
    plugins = dumped.get("plugins") or {}
    runtime = plugins.get(RUNTIME.get(dumped.get("version", 0), "")) or {}
    folders = [_run(str(each)) for each in runtime.get("cdi_spec_dirs") or []]
    # Releases from 2.0 on have it on and may not name it.
    on = runtime.get("enable_cdi", dumped.get("version", 0) >= 3)
    asked = {"CDI": (_on(on), "on")}
    if on and want.gpus and _run(CDI.rpartition("/")[0]) not in folders:
        asked["CDI"] = (f"looks in {', '.join(folders) or 'no folder'}", f"looks in {CDI.rpartition('/')[0]}")
    if want.node is not None and want.node.nri:
        asked["NRI"] = (_on(not (plugins.get(NRI) or {}).get("disable", True)), "on")
    if want.node is not None:
        found = at(runtime, RUNC)
        # As the kubelet's own file says, which has a check of its own.
        designed = want.node.kubelet.get("cgroupDriver") == "systemd"
        asked["SystemdCgroup"] = (str(bool(found)).lower(), str(designed).lower())
    wrong = {key: pair for key, pair in asked.items() if pair[0] != pair[1]}
    outcome: Outcome = "fail" if wrong else "pass"
    told = wrong or asked
    yield on_node(
        "containerd configuration",
        want,
        outcome,
        "; ".join(f"{key} {pair[0]}" for key, pair in told.items()),
        "; ".join(f"{key} {pair[1]}" for key, pair in told.items()),
        DUMP,
        "containerd",
    )


def cdi(facts: Facts, want: Expected, lock: Lock) -> Iterator[Verdict]:
    """The CDI file lists every GPU, each with a device node that exists."""
    row = lock.get("container_toolkit")
    if not want.gpus or row is None or not row.packages:
        return
    answer = facts.answer("cdi")
    expected = f"GPUs 0 to {want.gpus - 1}, each with its device node"
    found = _wrong(answer.out, facts, want.gpus) if answer.rc == 0 else "no such file"
    lost: tuple[str, ...] = ()
    if found:
        try:
            lost = tuple(mark(want, bus) for bus in rows(facts, "gpu_health", HEALTH_FIELDS).lost)
        except NotMeasured:
            lost = ()  # its own check says so
    element = f"{want.device}#cdi"
    yield Verdict(
        "CDI file", "devices", want.device, None, "fail" if found else "pass", found or expected, expected,
        f"cat {CDI}", needs=(element, *software_marks(want), *lost), blames=(element,),
    )  # fmt: skip


def _wrong(text: str, facts: Facts, gpus: int) -> str:
    """What is wrong with the file; empty when nothing is."""
    try:
        spec = yaml.safe_load(text)
        devices = {str(each["name"]): each for each in spec.get("devices") or []}
        edits = [spec, *devices.values()]
        nodes = {
            str(node.get("hostPath") or node["path"])
            for each in edits
            for node in (each.get("containerEdits") or {}).get("deviceNodes") or []
        }
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as problem:
        return f"no CDI specification ({type(problem).__name__})"
    numbers = sorted((name for name in devices if name.isdigit()), key=int)
    told = []
    if numbers != [str(number) for number in range(gpus)]:
        told.append(f"lists {len(numbers)} GPUs: {', '.join(numbers) or 'none'}")
    there = set(facts.text("gpu_nodes").split())
    gone = sorted(path for path in nodes if path.startswith("/dev/nvidia") and path not in there)
    if gone:
        told.append(f"lists {', '.join(gone)}, which {'is' if len(gone) == 1 else 'are'} not there")
    return "; ".join(told)


def at(table: Mapping[str, Any], path: tuple[str, ...]) -> object:
    """The value at a path of keys; None where there is none."""
    value: Any = table
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _run(path: str) -> str:
    """/var/run is /run."""
    return path.removeprefix("/var").rstrip("/")


def _on(value: object) -> str:
    return "on" if value else "off"
