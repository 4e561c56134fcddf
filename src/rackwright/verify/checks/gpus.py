"""GPUs of one machine, as nvidia-smi lists them: rows, those that it can no longer open, and their marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Outcome, Verdict
from rackwright.verify.xids import bus_of

_LOST = re.compile(r"device handle for GPU.*?([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2})\.\d: *(.*)")


@dataclass(frozen=True, slots=True)
class Rows:
    """An answer of nvidia-smi: cells by bus address, and what it said of the GPUs that it cannot open."""

    gpus: Mapping[str, Mapping[str, str]]
    lost: Mapping[str, str] = field(default_factory=dict)


def lost_in(text: str) -> dict[str, str]:
    """GPUs that cannot be opened, by bus address, in the tool's own words."""
    return {bus_of(match[1]): " ".join(match[2].split()) for match in _LOST.finditer(text)}


def rows(facts: Facts, question: str, fields: Sequence[str], key: str = "pci.bus_id") -> Rows:
    """The rows of a query.

    :raises NotMeasured: there is not one.
    """
    answer = facts.answer(question)
    found = {}
    for line in answer.out.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == len(fields) and re.match(r"[0-9A-Fa-f]{4,8}:", cells[list(fields).index(key)]):
            row = dict(zip(fields, cells, strict=True))
            found[bus_of(row[key])] = row
    if not found:
        reason = (answer.err or answer.out).strip().splitlines()
        raise NotMeasured(f"{question}: exit {answer.rc}: {reason[-1] if reason else 'no output'}")
    return Rows(found, lost_in(f"{answer.out}\n{answer.err}"))


def mark(want: Expected, bus: str) -> str:
    """The element that a fault of one GPU blames."""
    return f"{want.device}#gpu-{bus}"


def software_marks(want: Expected) -> tuple[str, ...]:
    """What every answer of nvidia-smi depends on."""
    return (f"{want.device}#gpu", f"{want.device}#nodes")


@dataclass(frozen=True, slots=True)
class Judge:
    """Verdicts of one check over all GPUs: one for those that pass, one for each that does not."""

    want: Expected
    check: str
    expected: str
    source: str

    def verdicts(self, wrong: Mapping[str, str], right: int, lost: Mapping[str, str]) -> Iterator[Verdict]:
        """``wrong``: what was found, by bus address; ``right``: how many pass; ``lost``: not measured."""
        for bus, found in wrong.items():
            yield self._one("fail", f"{bus}: {found}", self.check, (mark(self.want, bus),))
        missing = self.want.gpus - right - len(wrong)
        if right or not (wrong or missing > 0):
            yield self._one("pass", self.expected, self.check, (), right)
        if missing > 0:
            needs = (*software_marks(self.want), *(mark(self.want, bus) for bus in lost))
            yield self._one("not measured", f"{missing} GPUs do not answer", self.check, needs, missing)

    def _one(
        self, outcome: Outcome, found: str, check: str, marks: tuple[str, ...], count: int = 1
    ) -> Verdict:
        blames = marks or (f"{self.want.device}#{self.check.replace(' ', '-')}",)
        return Verdict(
            check, "node", self.want.device, None, outcome, found, self.expected, self.source,
            needs=marks or software_marks(self.want), blames=blames, count=count,
        )  # fmt: skip
