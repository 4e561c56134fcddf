"""Facts: answers to questions about one machine, from a record or live; a missing answer is *not measured*,
never a pass."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class NotMeasured(Exception):
    """The fact could not be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said. ``rc`` is None when it did not end in time."""

    rc: int | None
    out: str
    err: str = ""


Ask = Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class Facts:
    """Answers by question name.

    >>> Facts(lambda name: Answer(0, "[1]")).json("addr")
    [1]
    """

    ask: Ask

    def answer(self, name: str) -> Answer:
        """The raw answer, whatever its exit status; only a question that did not end is not measured."""
        answer = self.ask(name)
        if answer.rc is None:
            raise NotMeasured(f"{name}: {answer.err or 'no answer in time'}")
        return answer

    def text(self, name: str) -> str:
        """The output of a command that must succeed to mean something."""
        answer = self.answer(name)
        if answer.rc != 0:
            reason = (answer.err or answer.out).strip().splitlines()
            raise NotMeasured(f"{name}: exit {answer.rc}: {reason[-1] if reason else 'no output'}")
        return answer.out

    def json(self, name: str) -> Any:  # noqa: ANN401 - whatever the tool prints
        text = self.text(name)
        try:
            return json.loads(text)
        except ValueError as error:
            raise NotMeasured(f"{name}: not JSON: {error}") from error


def from_record(record: Mapping[str, Any] | None, why: str = "no record") -> Facts:
    """Facts of a collected record; a question that it does not hold is not measured."""

    def ask(name: str) -> Answer:
        if record is None:
            return Answer(None, "", why)
        found = record["answers"].get(name)
        if found is None:
            return Answer(None, "", "not asked by the collector")
        return Answer(found["rc"], found["out"], found.get("err", ""))

    return Facts(ask)
