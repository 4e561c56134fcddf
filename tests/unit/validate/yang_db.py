"""config_db.json as YANG data, by what SONiC's own models say of each table: a second reader for our schema.

The models are SONiC's and are not kept here: a switch has them in ``/usr/local/yang-models``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

Statement = tuple[str, "list[Statement] | None"]
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_COMMENT = re.compile(r"/\*.*?\*/|(?:(?<=\s)|^)//[^\n]*", re.S | re.M)


def statements(text: str) -> list[Statement]:
    """A module's statements as a tree; quoted text loses what would look like one."""
    text = _STRING.sub(lambda found: re.sub(r"[{};']", "", found[0]), _COMMENT.sub("", text))
    at = 0

    def block() -> list[Statement]:
        nonlocal at
        made: list[Statement] = []
        word = ""
        while at < len(text):
            sign, at = text[at], at + 1
            if sign == ";":
                made.append((word.strip(), None))
                word = ""
            elif sign == "{":
                made.append((word.strip(), block()))
                word = ""
            elif sign == "}":
                return made
            else:
                word += sign
        return made

    return block()


class Models:
    """SONiC's models, by table."""

    def __init__(self, folder: Path) -> None:
        self.tables: dict[str, tuple[str, str, list[Statement]]] = {}
        self.spaces: dict[str, str] = {}
        self.groups: dict[str, list[Statement]] = {}
        for path in sorted(folder.glob("sonic-*.yang")):
            for head, body in statements(path.read_text()):
                if head.startswith("module") and body is not None:
                    self._module(head.split()[1], body)

    def _module(self, name: str, body: list[Statement]) -> None:
        for head, inner in body:
            kind, _, rest = head.partition(" ")
            if kind == "namespace":
                self.spaces[name] = rest.strip(' "')
            elif kind == "grouping" and inner is not None:
                self.groups[rest.strip()] = inner
            elif kind == "container":
                for table, rows in inner or []:
                    if table.startswith("container ") and rows is not None:
                        self.tables[table.split()[1]] = name, rest.strip(), rows

    def leaves(self, body: list[Statement]) -> dict[str, bool]:
        """Leaves of a list or container; True: a leaf-list."""
        found: dict[str, bool] = {}
        for head, inner in body:
            kind, _, rest = head.partition(" ")
            if kind in ("leaf", "leaf-list"):
                found[rest.strip()] = kind == "leaf-list"
            elif kind == "uses":
                found |= self.leaves(self.groups.get(rest.strip().rpartition(":")[2], []))
            elif kind in ("choice", "case"):
                found |= self.leaves(inner or [])
        return found

    def xml(self, db: dict[str, Any], beyond: set[str]) -> tuple[list[str], str]:
        """(modules, data). Fields in ``beyond`` are left out: no model lists them.

        :raises ValueError: for a table, key or field that the models do not know.
        """
        parts: dict[tuple[str, str], str] = {}
        for table, rows in db.items():
            if table not in self.tables:
                raise ValueError(f"no model has {table}")
            module, container, body = self.tables[table]
            inside = "".join(self._row(table, body, key, row, beyond) for key, row in rows.items())
            text = parts.get((module, container), "")
            parts[module, container] = text + f"<{table}>{inside}</{table}>"
        made = [
            f'<{container} xmlns="{self.spaces[module]}">{text}</{container}>'
            for (module, container), text in parts.items()
        ]
        return sorted({module for module, _ in parts}), "".join(made)

    def _row(self, table: str, body: list[Statement], key: str, row: dict[str, Any], beyond: set[str]) -> str:
        for head, inner in body:
            if head == f"container {key}" and inner is not None:
                return f"<{key}>{self._fields(table, key, inner, row, beyond)}</{key}>"
        parts = key.split("|")
        for head, inner in body:
            if not head.startswith("list ") or inner is None:
                continue
            names = next(each[4:].strip().strip('"').split() for each, _ in inner if each.startswith("key "))
            if len(names) != len(parts):
                continue
            keys = "".join(
                f"<{name}>{escape(part)}</{name}>" for name, part in zip(names, parts, strict=True)
            )
            maps = [(each.split()[1], own) for each, own in inner if each.startswith("list ") and own]
            if maps:
                name, own = maps[0]
                first, second = list(self.leaves(own))
                pairs = [f"<{first}>{a}</{first}><{second}>{b}</{second}>" for a, b in row.items()]
                fields = "".join(f"<{name}>{pair}</{name}>" for pair in pairs)
            else:
                fields = self._fields(table, key, inner, row, beyond)
            return f"<{head.split()[1]}>{keys}{fields}</{head.split()[1]}>"
        raise ValueError(f"no list of {table} has a key like {key}")

    def _fields(
        self, table: str, key: str, body: list[Statement], row: dict[str, Any], beyond: set[str]
    ) -> str:
        known, said = self.leaves(body), ""
        for field, value in row.items():
            if field in beyond and field not in known:
                continue
            if field not in known:
                raise ValueError(f"{table}|{key} has no leaf {field}")
            many = (value if isinstance(value, list) else value.split(",")) if known[field] else [value]
            said += "".join(f"<{field}>{escape(each)}</{field}>" for each in many)
        return said
