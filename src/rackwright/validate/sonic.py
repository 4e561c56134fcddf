"""SONiC: config_db.json against a schema, as SONiC's YANG models would judge it.

Every table, key and field must be known, every value a string of its type, and every name must exist where it
points (YANG's leafrefs). Rules between rows (YANG's musts) are in ``sonic_musts``.
"""

from __future__ import annotations

import json
from typing import Any

from rackwright.models.design import Design
from rackwright.models.finding import Finding
from rackwright.render.build import Files
from rackwright.validate.sonic_musts import musts
from rackwright.validate.sonic_schema import Schema, schema
from rackwright.validate.texts import texts_of

name = "sonic"
needs: tuple[str, ...] = ()
PATH = "/etc/sonic/config_db.json"


def fits(design: Design) -> bool:
    """Whether a switch runs SONiC."""
    return any(switch.nos == "sonic" for switch in design.switches)


def check(design: Design, files: Files) -> list[Finding]:
    """Every switch that runs SONiC; one without its file is a finding."""
    texts, found = texts_of(design, files, "sonic", PATH, "a config_db.json")
    for device, text in texts.items():
        found += judged(device, text)
    return sorted(found)


def judged(device: str, text: str) -> list[Finding]:
    """What is wrong with one file."""
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            keys = [key for key, _ in pairs]
            twice.extend(sorted({key for key in keys if keys.count(key) > 1}))
        return made

    try:
        db = json.loads(text, object_pairs_hook=once)
    except ValueError as problem:
        return [Finding(f"{device}:{PATH}", "syntax", str(problem), "JSON")]
    found = [Finding(f"{device} {key}", "syntax", "the key twice", "each key once") for key in twice]
    wrong = _shape(device, db)
    return found + wrong if wrong else found + _rows(device, db, schema()) + musts(device, db)


def _shape(device: str, db: object) -> list[Finding]:
    """Tables of rows of strings, and nothing else: SONiC's database knows no numbers."""
    if not isinstance(db, dict):
        return [Finding(f"{device}:{PATH}", "syntax", type(db).__name__, "tables by name")]
    found = []
    for table, rows in db.items():
        if not isinstance(rows, dict):
            found.append(Finding(f"{device} {table}", "syntax", type(rows).__name__, "rows by key"))
            continue
        for key, row in rows.items():
            where = f"{device} {table}|{key}"
            if not isinstance(row, dict):
                found.append(Finding(where, "syntax", type(row).__name__, "a row of fields"))
                continue
            for field, value in row.items():
                parts = value if isinstance(value, list) else [value]
                if not all(isinstance(part, str) for part in parts):
                    found.append(Finding(f"{where} {field}", "syntax", repr(value), "a string"))
    return found


def _rows(device: str, db: dict[str, dict[str, dict[str, Any]]], rules: Schema) -> list[Finding]:
    found = []
    for table, rows in db.items():
        if table not in rules.tables:
            hint = "the schema knows the tables that rackwright writes"
            found.append(Finding(f"{device} {table}", "schema", "a table", "no such table", hint))
            continue
        rule = rules.tables[table]
        for key, row in rows.items():
            for field, said, wanted in rule.problems(key, row, db):
                where = f"{device} {table}|{key}" + (f" {field}" if field else "")
                found.append(Finding(where, "schema", said, wanted))
    return found
