"""Words for a finding: cause, place, found and expected, from the verdicts that are one fault."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rackwright.verify import platform_words
from rackwright.verify.model import Finding, Verdict

CAUSES = {
    "power": "powered off",
    "bmc": "BMC does not serve",
    "reach": "does not answer",
    "mtu": "wrong MTU",
    "mac": "another NIC than shipped",
    "address": "wrong address",
    "vrf": "port in another VRF",
    "serial": "another machine than shipped",
    "bgp": "BGP session down",
    "rules": "policy rules differ",
    "routes": "routes differ",
    "mount": "storage not mounted",
    "storage path": "storage off its plane",
    "planes apart": "plane leak",
    "clock": "clock is off",
    "NCCL_IB_HCA": "NCCL device list",
    "RDMA state": "RDMA port is down",
    "RDMA link": "RDMA port is down",
    "RDMA rate": "RDMA port is slow",
    "link layer": "another link layer",
    "PCIe width": "PCIe link of a NIC",
    "PCIe speed": "PCIe link of a NIC",
    "counter link_downed": "link flaps",
    "counters steady": "link errors",
    "command line": "kernel command line",
    "kernel release": "another kernel",
    "PCIe ACS": "PCIe ACS is on",
    "device nodes": "device nodes missing",
    "persistence mode": "persistence mode is off",
    "MIG mode": "another MIG mode",
    "MIG instances": "GPUs divided otherwise",
    "GPU partitions": "GPUs divided otherwise",
    "compute mode": "another compute mode",
    "XIDs of NVSwitches": "NVSwitch errors",
}
GPU_CAUSES = (
    ("GPUs on the bus", "GPU fell off the bus"),
    ("ECC", "GPU memory errors"),
    ("row remap", "GPU memory errors"),
    ("NVLinks", "NVLink down"),
    ("PCIe link", "PCIe link of a GPU"),
    ("XIDs", "GPU errors in the kernel log"),
)
"""By how a check of one GPU is called, the gravest first."""
SHOWN = 4
"""Places or texts listed in full; more are counted."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a finding says."""

    cause: str
    place: str
    found: str
    expected: str
    source: str


def cause_of(group: list[Verdict]) -> Said:
    """Put one fault in words."""
    first = group[0]
    if first.outcome == "not measured":
        return _plain("not measured", group)
    if first.layer == "cable":
        return _cable(group)
    if first.layer in ("rail", "pair", "plane"):
        return _from_afar(group)
    if all(v.check.startswith("RoCE ") for v in group):
        checks = {v.check for v in group}
        return _plain(f"{checks.pop()} differs" if len(checks) == 1 else "RoCE settings differ", group)
    part = _part(group)
    if part is not None:
        return _plain(part, group)
    if first.check.startswith(("file ", "running configuration")):
        absent = all(v.found == "no such file" for v in group)
        return _plain("not configured" if absent else "configuration differs", group)
    return _plain(platform_words.cause(group) or CAUSES.get(first.check, first.check), group)


def _part(group: list[Verdict]) -> str | None:
    """The part of a node that is wrong, where the checks on it are many."""
    names = {name.rpartition("#")[2] for v in group for name in v.suspects}
    counted = all(v.check in ("GPU count", "GPU model") for v in group)
    if any(name.startswith("gpu-") for name in names):
        checks = [v.check for v in group]
        return next((cause for start, cause in GPU_CAUSES if any(c.startswith(start) for c in checks)), None)
    if "gpu" in names:
        return "GPUs differ" if counted else "GPU software out of step"
    if "rdma" in names:
        return "NICs differ" if any(v.check == "compute NICs" for v in group) else "NIC firmware out of step"
    row = next(
        (name.removeprefix("software-") for name in sorted(names) if name.startswith("software-")), None
    )
    if row is not None:
        return f"{row.replace('_', ' ')} out of step"
    if "nccl" in names:
        return "NCCL out of step" if all(not v.check.startswith("file ") for v in group) else "file differs"
    return None


def final_cause(finding: Finding) -> str:
    """The cause, once it is known what follows from it: edge rules that let a plane out are called a leak."""
    seen = [*finding.direct, *finding.explains]
    open_edge = any(verdict.check == "rules" for verdict in seen)
    # Where ordinary traffic fails as well, the switch does not leak: it does not work.
    leaks = {v.check for v in seen if v.layer in ("rail", "pair", "plane")} == {"planes apart"}
    if leaks and open_edge and finding.layer in ("configuration", "switch"):
        return f"plane leak: {finding.cause}"
    return finding.cause


def _cable(group: list[Verdict]) -> Said:
    """Cables by both ends. Two sights of one cable are one line."""
    seen: dict[frozenset[str], Verdict] = {}
    for verdict in group:
        far = verdict.found if ":" in verdict.found else verdict.expected
        seen.setdefault(frozenset((verdict.place, far)), verdict)
    wrong = [v for v in seen.values() if ":" in v.found]
    if wrong:
        wrong_ends = {end for v in wrong for end in (v.place, v.found)}
        dark = [v for v in seen.values() if ":" not in v.found and v.place not in wrong_ends]
        cables = sorted({" - ".join(sorted((v.place, v.found))) for v in wrong})
        planned = sorted({" - ".join(sorted((v.place, v.expected))) for v in group})
        found = "; ".join([*cables, *(f"{v.place}: {v.found}" for v in dark)])
        ends = sorted(wrong_ends | {v.place for v in group} | {v.expected for v in group})
        return Said("miswired", " / ".join(_some(ends)), found, "; ".join(planned), group[0].source)
    planned = sorted({" - ".join(sorted((v.place, v.expected))) for v in group})
    found = Counter(v.found for v in group).most_common(1)[0][0]
    return Said(found, " - ".join(planned), found, "a cable, as planned", group[0].source)


def _from_afar(group: list[Verdict]) -> Said:
    """Probes: name what the failures have in common, ports first."""
    if len(group) == 1:
        return _plain(CAUSES.get(group[0].check, f"{group[0].check} fails"), group)
    counts = Counter(element for verdict in group for element in verdict.elements)
    sources = {v.place for v in group}
    shared = [e for e, n in counts.items() if n == len(group)]
    own = [e for e in shared if e in sources]
    ports = sorted(e for e in shared if ":" in e)
    place = (own or ports or sorted(shared) or [group[0].place])[0]
    first = group[0]
    found = "; ".join(_some([f"{v.place} {v.found}" for v in group]))
    checks = {v.check for v in group}
    cause = CAUSES.get(first.check, f"{first.check} fails") if len(checks) == 1 else "probes fail"
    return Said(cause, place, found, first.expected, first.source)


def _plain(cause: str, group: list[Verdict]) -> Said:
    """One place; layer by layer where several facts are wrong together."""
    if len(group) == 1:
        only = group[0]
        return Said(cause, only.place, only.found, only.expected, only.source)
    places = sorted({v.place for v in group})
    alike = len({v.check for v in group}) == 1
    found = "; ".join(_some([v.found if alike else f"{v.check}: {v.found}" for v in group]))
    wanted = dict.fromkeys(v.expected if alike else f"{v.check}: {v.expected}" for v in group)
    expected = "; ".join(_some(list(wanted)))
    source = ", ".join(_some(list(dict.fromkeys(v.source for v in group))))
    return Said(cause, ", ".join(_some(places)), found, expected, source)


def _some(texts: list[str]) -> list[str]:
    if len(texts) <= SHOWN:
        return texts
    return [*texts[:SHOWN], f"and {len(texts) - SHOWN} more"]
