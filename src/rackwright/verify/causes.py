"""From many verdicts to few findings: one fault is one finding, its effects hang on it.

Layers are walked in causal order (:data:`rackwright.verify.model.LAYERS`). A failure (or a missing
measurement that was due) becomes an effect of an earlier finding when it depends on an element which that
finding blames. What is left of a layer is grouped by the elements that its failures blame in common: the
four sights of two swapped cables are one finding. Where only far-off effects are left (probes that fail for
no cause that was found), the element that most of them share is named as the place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rackwright.verify.model import LAYERS, Finding, Layer, Verdict
from rackwright.verify.words import cause_of, final_cause

FAR: frozenset[Layer] = frozenset({"rail", "pair", "plane"})
"""Layers whose failures are sights from afar: their own place is not what is broken."""
AWAY: frozenset[Layer] = frozenset({"power", "reach"})
"""Layers that say a whole device is away; where another fault is the cause, what hangs on the device is its
effect too."""


def find(verdicts: Iterable[Verdict]) -> list[Finding]:
    """Findings in causal order; empty when nothing failed and nothing that was due is missing."""
    verdicts = tuple(verdicts)
    findings: list[Finding] = []
    # Failures first: what could not be measured is an effect of what is known to be broken, wherever that is.
    for outcome in ("fail", "not measured"):
        for layer in LAYERS:
            here = [v for v in verdicts if v.layer == layer and v.outcome == outcome and v.due]
            _walk(layer, here, findings)
    for finding in findings:
        finding.cause = final_cause(finding)
    order = {layer: at for at, layer in enumerate(LAYERS)}
    return sorted(findings, key=lambda f: (order[f.layer], f.place))


def _walk(layer: Layer, here: list[Verdict], findings: list[Finding]) -> None:
    """Give each verdict of a layer to a finding, an old one or a new one."""
    # Those that depend on little come first: the out-of-band switch before what hangs on it.
    here.sort(key=lambda v: (len(v.needs), v.place, v.check))
    left: list[Verdict] = []
    for verdict in here:
        cause = _explanation(verdict, findings)
        if cause is not None:
            cause.explains.append(verdict)
            if layer in AWAY or layer == "cable":
                # A dark port is an effect of the dead server behind it; so is what is wrong at that port.
                cause.blames |= verdict.suspects
        elif layer in AWAY:
            findings.append(_finding([verdict]))
        else:
            left.append(verdict)
    groups = _by_shared_element(left) if layer in FAR else _by_blame(left)
    findings += [_finding(group) for group in groups]


def _explanation(verdict: Verdict, findings: list[Finding]) -> Finding | None:
    """The first finding that blames something which the verdict depends on; a named port before a whole
    device."""
    matches = [f for f in findings if f.blames & verdict.elements]
    if not matches:
        return None
    return max(matches, key=lambda f: len(f.blames & verdict.elements))


def _by_blame(verdicts: list[Verdict]) -> list[list[Verdict]]:
    """Groups of verdicts whose suspects overlap (connected components)."""
    groups: list[tuple[set[str], list[Verdict]]] = []
    for verdict in verdicts:
        suspects = set(verdict.suspects)
        members = [verdict]
        apart = []
        for names, group in groups:
            if names & suspects:
                suspects |= names
                members = group + members
            else:
                apart.append((names, group))
        groups = [*apart, (suspects, members)]
    return [group for _, group in groups]


def _by_shared_element(verdicts: list[Verdict]) -> list[list[Verdict]]:
    """Greedy cover: again and again the element that the most failures depend on, ports before devices."""
    left = list(verdicts)
    groups = []
    while left:
        counts = Counter(element for verdict in left for element in verdict.elements)
        best = max(counts, key=lambda e: (counts[e], ":" in e, e in {v.place for v in left}, e))
        groups.append([v for v in left if best in v.elements])
        left = [v for v in left if best not in v.elements]
    return groups


def _finding(group: list[Verdict]) -> Finding:
    first = group[0]
    blames = frozenset(element for verdict in group for element in verdict.suspects)
    said = cause_of(group)
    if first.layer in FAR:
        shared = frozenset.intersection(*(v.elements for v in group))
        blames |= frozenset({said.place}) if said.place in shared else frozenset()
    return Finding(
        cause=said.cause,
        layer=first.layer,
        place=said.place,
        found=said.found,
        expected=said.expected,
        source=said.source,
        outcome=first.outcome,
        direct=group,
        blames=blames,
    )
