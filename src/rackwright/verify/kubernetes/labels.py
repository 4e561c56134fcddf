"""Labels: every node says where it sits, as designed; and what they say nests, level in level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from rackwright.models.design import Design
from rackwright.render.scheduler.seat import HOSTNAME, PREFIX, Seat, compute, levels, seats
from rackwright.render.wiring import Wiring
from rackwright.verify.kubernetes.marks import Marks
from rackwright.verify.kubernetes.seen import Json, Seen
from rackwright.verify.model import Outcome, Verdict

SOURCE = "GET /api/v1/nodes"
PART = "labels"
OURS = (f"{PREFIX}/", "fabric.topograph.run/", "accelerator.topograph.run/")


def labels(design: Design, seen: Seen, marks: Marks) -> Iterator[Verdict]:
    """Each node's labels equal its seat; then the nesting of what was found."""
    made = design.kubernetes
    names = {node.name for node in made.nodes} if made else set()
    places = [seat for seat in seats(design, Wiring.of(design)) if seat.server in names]
    wrong = set()
    for seat in places:
        if seat.server not in seen.nodes:
            continue  # said by its readiness
        found = _of(seen.nodes[seat.server])
        said, expected = compared(found, seat.labels())
        if said:
            wrong.add(seat.server)
        outcome: Outcome = "fail" if said else "pass"
        yield marks.verdict(
            "labels",
            "kubernetes",
            seat.server,
            outcome,
            said or "as designed",
            expected or "as designed",
            SOURCE,
            PART,
        )
    yield _nested(compute(places), seen, marks, wrong)


def _of(node: Json) -> dict[str, str]:
    found = node["metadata"].get("labels") or {}
    return {key: value for key, value in found.items() if key.startswith(OURS) or key == HOSTNAME}


def compared(found: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[str, str]:
    """(found, expected) of those that differ; labels under our prefix that nobody designed differ, too.

    >>> compared({"rackwright.dev/unit": "su02", "rackwright.dev/x": "1"}, {"rackwright.dev/unit": "su01"})
    ('rackwright.dev/unit=su02, rackwright.dev/x=1', 'rackwright.dev/unit=su01, no rackwright.dev/x')
    """
    wrong = {key for key, value in wanted.items() if found.get(key) != value}
    extra = {key for key in found if key.startswith(f"{PREFIX}/") and key not in wanted}
    keys = sorted(wrong | extra)
    return (
        ", ".join(f"{key}={found[key]}" if key in found else f"no {key}" for key in keys),
        ", ".join(f"{key}={wanted[key]}" if key in wanted else f"no {key}" for key in keys),
    )


def _nested(places: list[Seat], seen: Seen, marks: Marks, wrong: set[str]) -> Verdict:
    """A unit is in one pod, a rack in one unit: whoever packs jobs by label reads them as a tree."""
    keys = levels(places)
    there = [seat.server for seat in places if seat.server in seen.nodes]
    said, at_fault = [], set()
    for outer, inner in pairwise(keys):
        inside: dict[str, dict[str, list[str]]] = {}
        for name in there:
            found = _of(seen.nodes[name])
            if inner in found and outer in found:
                inside.setdefault(found[inner], {}).setdefault(found[outer], []).append(name)
        for value, outers in sorted(inside.items()):
            if len(outers) > 1:
                said.append(f"{inner}={value} is in {outer} {' and '.join(sorted(outers))}")
                at_fault |= {name for names in outers.values() for name in names}
    # Who differs from the design is to blame; else all that contradict each other.
    blamed = sorted(at_fault & wrong or at_fault)
    outcome: Outcome = "fail" if said else "pass"
    short = [key.rpartition("/")[2] for key in keys]
    place = blamed[0] if blamed else marks.control
    return marks.verdict(
        "labels nested", "kubernetes", place, outcome, "; ".join(said[:4]) or " > ".join(short),
        " > ".join(short), SOURCE, "labels-nested", also=tuple(f"{name}#{PART}" for name in blamed),
        count=max(1, len(there)),
    )  # fmt: skip
