"""What no machine can say alone: who answered, whose clock is off, what one node reads of another."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.models.design import Design
from rackwright.verify.checks import storage
from rackwright.verify.collector import Collected
from rackwright.verify.expected import Expected
from rackwright.verify.facts import from_record
from rackwright.verify.limits import limit_of
from rackwright.verify.model import Verdict


def gates_of(design: Design) -> dict[tuple[str, bool], tuple[str, ...]]:
    """The out-of-band switch and port behind which each device, or its BMC (True), is reached."""
    oob = {switch.name for switch in design.switches if switch.tier == "oob"}
    return {
        (cable.z.device, cable.z.port == "bmc"): (cable.a.device, f"{cable.a.device}:{cable.a.port}")
        for cable in design.cables
        if cable.a.device in oob
    }


def reach(design: Design, collected: Mapping[str, Collected]) -> list[Verdict]:
    """Whether each machine let us in and answered. It needs its port on the out-of-band switch."""
    gates = gates_of(design)
    verdicts = []
    for name, visit in collected.items():
        answered = visit.record is not None
        verdicts.append(
            Verdict(
                "reach",
                "reach",
                name,
                None,
                "pass" if answered else "fail",
                f"{visit.seconds:.1f} s" if answered else str(visit.wrong),
                "answers over SSH with its pinned key",
                "ssh",
                needs=() if _spoke(visit) else gates.get((name, False), ()),
            )
        )
    return verdicts


def _spoke(visit: Collected) -> bool:
    """Whether something at the machine's address spoke to us, if only to refuse: then the way there works."""
    words = ("another host key", "does not let", "not JSON", "ended with")
    return any(each in (visit.wrong or "") for each in words)


def clocks(collected: Mapping[str, Collected]) -> list[Verdict]:
    """Each clock against this machine's, allowing for the round trip."""
    verdicts: list[Verdict] = []
    limit = limit_of("clock seconds", None)
    if limit is None:
        return verdicts
    for name, visit in collected.items():
        if visit.clock_skew is None:
            continue
        off = max(0.0, abs(visit.clock_skew) - visit.clock_doubt)
        verdicts.append(
            Verdict(
                "clock",
                "node",
                name,
                None,
                "pass" if limit.holds(off) else "fail",
                f"{visit.clock_skew:+.2f} s (± {visit.clock_doubt:.2f} s)",
                f"{limit} s off the controller's",
                "time.time()",
                blames=(f"{name}#clock",),
            )
        )
    return verdicts


def readers(expected: Mapping[str, Expected]) -> dict[str, str]:
    """Who reads whose token: each node that mounts the file system reads the one before it, in a ring."""
    names = [name for name, want in expected.items() if want.storage is not None]
    return {name: names[at - 1] for at, name in enumerate(names)} if len(names) > 1 else {}


def shared(
    expected: Mapping[str, Expected], second: Mapping[str, Collected], ring: Mapping[str, str], run: str
) -> list[Verdict]:
    """What one node wrote, read on the next."""
    verdicts = []
    for name, peer in ring.items():
        visit = second.get(name)
        record = visit.record if visit else None
        why = (visit.wrong if visit else None) or "the node did not answer"
        verdicts.append(storage.shared(from_record(record, why), expected[name], peer, run))
    return verdicts
