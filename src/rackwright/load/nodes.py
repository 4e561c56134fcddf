"""YAML text to nodes with positions. PyYAML's parser, composed by us: nothing is expanded, nothing recurses.

PyYAML's own composer recurses for each level and keeps the last of two equal keys; a cluster file comes from
people and pipelines, so depth is bounded; aliases, anchors, tags and further documents are mistakes with
a place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from rackwright.errors import Problem
from rackwright.load.secrecy import Path, is_secret, label, show_key

MAX_DEPTH = 16
"""The deepest file we read (the catalog) has 5 levels."""

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Scalar:
    """Text as written; ``plain`` when without quotes."""

    mark: Mark
    text: str
    plain: bool


@dataclass(slots=True)
class Mapping:
    """Keys and values in the order of the file; a key stands once."""

    mark: Mark
    items: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)


@dataclass(slots=True)
class Sequence:
    """A list."""

    mark: Mark
    items: list[Node] = field(default_factory=list)


Node: TypeAlias = Scalar | Mapping | Sequence


@dataclass(slots=True)
class _Open:
    """A collection that is being filled. ``path`` leads to it; ``key`` waits for its value."""

    node: Mapping | Sequence
    path: Path
    key: Scalar | None = None
    drop: bool = False
    """The waiting value belongs to a key that is a mistake; read it and throw it away."""

    def next_path(self) -> Path:
        if isinstance(self.node, Sequence):
            return (*self.path, len(self.node.items))
        return (*self.path, self.key.text) if self.key else self.path


class Composer:
    """Composes one document; mistakes gather in ``problems``."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._root: Node | None = None
        self._open: list[_Open] = []

    def compose(self, text: str) -> Node | None:
        """The document's root; None when there is none or the syntax is broken (see ``problems``)."""
        loader = _Loader(text)
        documents = 0
        try:
            while True:
                event = loader.get_event()  # type: ignore[no-untyped-call]
                if isinstance(event, yaml.StreamEndEvent):
                    break
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self._say(_mark(event), (), "a second document", "one document", "delete the rest")
                        break
                elif isinstance(event, yaml.NodeEvent) and not self._take(event):
                    return None
                elif isinstance(event, yaml.CollectionEndEvent):
                    self._open.pop()
        except yaml.MarkedYAMLError as error:
            self._syntax(error, text)
            return None
        finally:
            loader.dispose()
        return self._root

    def _take(self, event: yaml.NodeEvent) -> bool:
        """One node begins; False when reading on makes no sense."""
        mark, parent = _mark(event), self._open[-1] if self._open else None
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(mark, event.value, plain=event.implicit[0] and event.style in (None, ""))
        elif isinstance(event, yaml.MappingStartEvent):
            node = Mapping(mark)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Sequence(mark)
        else:
            node = Scalar(mark, "", plain=False)
        path: Path = ()
        if not isinstance(node, Scalar) or _is_magic(event):  # a key path costs more than all the rest
            path = parent.next_path() if parent else ()
            self._refuse_magic(event, mark, path)
            if not isinstance(node, Scalar) and len(self._open) >= MAX_DEPTH:
                self._say(mark, path, f"more than {MAX_DEPTH} levels", "a flatter file")
                return False
        if parent is None:
            self._root = node
        elif isinstance(parent.node, Mapping) and parent.key is None:
            self._key(parent, parent.node, node)
        else:
            self._value(parent, node)
        if not isinstance(node, Scalar):
            self._open.append(_Open(node, path))
        return True

    def _key(self, parent: _Open, mapping: Mapping, node: Node) -> None:
        """``node`` is a key of ``mapping``; a wrong one is reported and its value dropped."""
        if not isinstance(node, Scalar):
            kind = "a mapping" if isinstance(node, Mapping) else "a list"
            hint = "check braces, brackets and colons"
            self._say(node.mark, parent.path, f"{kind} as a key", "a name", hint)
            parent.key, parent.drop = Scalar(node.mark, "?", plain=False), True
            return
        parent.key = node
        if node.plain and node.text == "<<":
            self._say(node.mark, parent.path, "a merge key (<<)", "every key written out")
            parent.drop = True
        elif node.text in mapping.items:
            found = f"key {show_key(parent.path, node.text)} again"
            hint = f"it first stands in line {mapping.items[node.text][0].mark.line}"
            self._say(node.mark, (*parent.path, node.text), found, "each key once", hint)
            parent.drop = True

    @staticmethod
    def _value(parent: _Open, node: Node) -> None:
        if isinstance(parent.node, Sequence):
            parent.node.items.append(node)
        elif parent.key is not None and not parent.drop:
            parent.node.items[parent.key.text] = (parent.key, node)
        parent.key, parent.drop = None, False

    def _refuse_magic(self, event: yaml.NodeEvent, mark: Mark, path: Path) -> None:
        """Anchors, aliases and tags; their names are not printed where they may be (part of) a secret."""
        hint = "" if not is_secret(path) else "quote the text if it is meant as it stands"
        if isinstance(event, yaml.AliasEvent):
            self._say(mark, path, "an alias (*)", "the value written out", hint)
            return
        if event.anchor is not None:
            self._say(mark, path, "an anchor (&)", "plain values without anchors", hint)
        if getattr(event, "tag", None) is not None:
            self._say(mark, path, "a tag (!)", "plain values without tags", hint)

    def _syntax(self, error: yaml.MarkedYAMLError, text: str) -> None:
        """The parser gave up. libyaml has fixed words; PyYAML itself may quote the file (a secret?)."""
        at = error.problem_mark or error.context_mark
        mark = Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
        tabs = [
            number
            for number, line in enumerate(text.splitlines(), start=1)
            if "\t" in line[: len(line) - len(line.lstrip(" \t"))] and line.strip()
        ]
        for number in tabs[:20]:
            column = text.splitlines()[number - 1].index("\t") + 1
            self._say(Mark(number, column), (), "a tab", "spaces", "YAML allows only spaces for indentation")
        if not any(number == mark.line for number in tabs):
            problem, context = error.problem or "text that is no YAML", error.context or ""
            if _Loader is yaml.SafeLoader:
                problem, context = problem.split("'")[0].strip(), context.split("'")[0].strip()
            path = self._open[-1].next_path() if self._open else ()
            found = f"broken YAML ({problem}{', ' + context if context else ''})"
            self._say(
                mark,
                path,
                found,
                "valid YAML",
                "look at this line and the one before: colon, quote, indentation",
            )

    def _say(self, mark: Mark, path: Path, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(Problem(self.file, mark.line, mark.column, label(path), found, expected, hint))


def _is_magic(event: yaml.NodeEvent) -> bool:
    return event.anchor is not None or getattr(event, "tag", None) is not None


def _mark(event: yaml.Event) -> Mark:
    at = event.start_mark
    return Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
