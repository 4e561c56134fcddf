"""NVUE: startup.yaml of Cumulus switches against a schema of our own, and names that must exist where they
point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from rackwright.models.design import Design
from rackwright.models.finding import Finding
from rackwright.render.build import Files
from rackwright.validate.nvue_names import dangling
from rackwright.validate.nvue_schema import HEADER, SET
from rackwright.validate.nvue_types import Each, Keys, Node, Number, Word
from rackwright.validate.sample import chosen, told
from rackwright.validate.texts import texts_of

name = "nvue"
needs: tuple[str, ...] = ()
PATH = "/etc/nvue.d/startup.yaml"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_LOADER):  # type: ignore[misc] # one of two classes, chosen above
    """Refuses a key that stands twice: YAML keeps the last one silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} stands twice", key.start_mark
                )
            seen.add(key.value)
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


def fits(design: Design) -> bool:
    """Whether a switch runs Cumulus Linux."""
    return any(switch.nos == "cumulus" for switch in design.switches)


def check(design: Design, files: Files) -> list[Finding]:
    """Every startup.yaml, or of a large cluster one of each shape (``not_measured`` says so)."""
    texts, missing = texts_of(design, files, "cumulus", PATH, "a startup.yaml")
    return sorted([*missing, *_judge(chosen(texts))])


def everything(design: Design, files: Files) -> list[Finding]:
    """Every startup.yaml, however many."""
    texts, missing = texts_of(design, files, "cumulus", PATH, "a startup.yaml")
    return sorted([*missing, *_judge(texts)])


def not_measured(design: Design) -> list[str]:
    """That a large cluster's files are not all read."""
    return told(sum(switch.nos == "cumulus" for switch in design.switches), "startup.yaml")


def _judge(texts: dict[str, str]) -> list[Finding]:
    return [finding for device, text in texts.items() for finding in judged(device, text)]


def judged(device: str, text: str) -> list[Finding]:
    """What is wrong with one file."""
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as problem:
        return [Finding(f"{device}:{PATH}", "syntax", " ".join(str(problem).split()), "YAML")]
    try:
        header, tree = data[0]["header"], data[1]["set"]
        more = len(data) > 2 or len(data[0]) > 1 or len(data[1]) > 1
    except (KeyError, IndexError, TypeError):
        more = True
    if more:
        return [Finding(f"{device}:{PATH}", "syntax", "another form", "a list of header and set")]
    wrong = [*_walk(header, HEADER, "header", ("rev-id",)), *_walk(tree, SET, "set", ())]
    wrong = wrong or list(dangling(tree))
    return [
        Finding(f"{device} {where}", "syntax", found, wanted, hint) for where, found, wanted, hint in wrong
    ]


def _walk(
    data: object, node: Node, where: str, ignore: tuple[str, ...]
) -> Iterator[tuple[str, str, str, str]]:
    """(place, found, expected, hint) of each mistake."""
    if isinstance(node, Keys | Each) and not isinstance(data, Mapping):
        yield where, repr(data), "a mapping", ""
    elif isinstance(node, Keys) and isinstance(data, Mapping):
        for key, value in data.items():
            if key in node.of:
                yield from _walk(value, node.of[key], f"{where}.{key}", ())
            elif key not in ignore:
                yield where, f"key {key!r}", ", ".join(sorted(node.of)) or "no keys", ""
        for key in node.needs:
            if key not in data:
                yield where, "nothing", f"key {key!r}", ""
    elif isinstance(node, Each) and isinstance(data, Mapping):
        for key, value in data.items():
            if isinstance(key, str) and node.pattern.fullmatch(key):
                yield from _walk(value, node.of, f"{where}.{key}", ())
            else:
                hint = "" if isinstance(key, str) else "quote it: YAML takes it for something else"
                yield where, f"key {key!r}", node.what, hint
    elif isinstance(node, Word):
        if not isinstance(data, str) or not node.pattern.fullmatch(data):
            yield where, repr(data), node.what, ""
    elif isinstance(node, Number) and (
        not isinstance(data, int) or isinstance(data, bool) or not node.low <= data <= node.high
    ):
        yield where, repr(data), f"a whole number from {node.low} to {node.high}", ""
