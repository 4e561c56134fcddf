"""Probes: what their answers prove about rails, MTU and planes. Passes are summed up by port; each failure
stands alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Outcome, Verdict
from rackwright.verify.probes import FIRST_TTL, Probe

SOURCE = "ICMP probe, DF set"


def probing(facts: Facts, want: Expected, probes: Iterable[Probe]) -> Iterator[Verdict]:
    """Verdicts on every probe that this server was to send."""
    probes = tuple(probes)
    if not probes:
        return
    try:
        answers = facts.json("probes")
        reason = "not answered before the deadline"
    except NotMeasured as missing:
        answers, reason = {}, str(missing)
    passed: dict[tuple[str, str], list[Probe]] = {}
    for probe in probes:
        answer = answers.get(str(probe.id))
        if answer is None:
            yield _verdict(want, probe, "not measured", reason)
            continue
        wrong = judge(probe, answer)
        if wrong is None:
            passed.setdefault((probe.check, probe.nic), []).append(probe)
        else:
            yield _verdict(want, probe, "fail", wrong)
    for (check, nic), group in passed.items():
        first = group[0]
        peers = len({probe.peer for probe in group})
        found = f"{peers} of {peers} peers" if peers > 1 else f"as expected, to {first.peer}"
        yield Verdict(
            check,
            first.layer,
            want.device,
            nic,
            "pass",
            found,
            first.expected,
            SOURCE,
            count=len(group),
        )


def judge(probe: Probe, answer: Mapping[str, Any]) -> str | None:
    """None when the answer is what the design promises; else what was found, in words."""
    got, by = answer["got"], answer.get("from")
    if got not in probe.good:
        return _words(answer)
    if probe.answered_by is not None and by not in probe.answered_by:
        return f"{got} by {by}"
    if probe.routers is not None and got == "reply":
        back = FIRST_TTL - int(answer["ttl"])
        if back != probe.routers:
            return f"a reply that crossed {back} routers, expected {probe.routers}"
    return None


def _words(answer: Mapping[str, Any]) -> str:
    by = f" by {answer['from']}" if answer.get("from") else ""
    words = {
        "reply": "a reply",
        "silence": "no reply",
        "ttl-exceeded": "the path is longer: TTL ended",
        "prohibited": "refused",
        "unreachable": "unreachable, said",
        "too-big": f"too big for a link of MTU {answer.get('mtu')}, said",
        "too-big-here": "too big for the own port",
        "no-route": "no route on this host",
        "no-address": "the source address is not on this host",
    }
    return f"{words.get(str(answer['got']), answer['got'])}{by}"


def _verdict(want: Expected, probe: Probe, outcome: Outcome, found: str) -> Verdict:
    return Verdict(
        probe.check,
        probe.layer,
        want.device,
        probe.nic,
        outcome,
        f"to {probe.peer}: {found}",
        probe.expected,
        SOURCE,
        needs=probe.needs,
    )
