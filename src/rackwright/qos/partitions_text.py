"""partitions.conf, read as opensm reads it: which keys each port has, in which place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT, FULL = 0x7FFF, 0x8000
_PLACEHOLDER = re.compile(r"# GUID not known: ([^\n]+)")
_FLAGS = ("ipoib", "indx0")
_OPTIONS = ("rate", "mtu", "sl", "scope", "defmember")
_EVERYBODY = ("ALL", "ALL_CAS")
_WORDS = (*_EVERYBODY, "ALL_SWITCHES", "ALL_ROUTERS", "SELF", "NONE")


@dataclass(slots=True)
class Partition:
    """One rule. ``members``: port name (or GUID that nobody has) to full membership; ``everybody``: of
    adapters that no line names; None where it takes in only the named ones."""

    name: str
    key: int
    first: bool
    ipoib: bool
    mtu: int
    """IBTA's code; 4 is 2048 bytes, the default."""
    everybody: bool | None = None
    members: dict[str, bool] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read(text: str, names: Mapping[int, str]) -> list[Partition]:
    """Every rule. ``names``: port by GUID. A placeholder counts as the port that it stands for.

    Members are limited unless a line or ``defmember`` says otherwise; a later line overrides.
    """
    plain = _PLACEHOLDER.sub(lambda gap: f"@{gap[1].strip().replace(' ', '@')}=full,", text)
    plain = "\n".join(line.partition("#")[0] for line in plain.splitlines())
    return [_rule(rule, names) for rule in plain.split(";") if rule.strip()]


def _rule(rule: str, names: Mapping[int, str]) -> Partition:
    head, colon, body = rule.partition(":")
    first, *options = (part.strip() for part in head.split(","))
    name, _, key = (part.strip() for part in first.partition("="))
    given = dict(_pair(option) for option in options)
    number = int(key, 0) & ~FULL if re.fullmatch(r"0[xX][0-9a-fA-F]+|\d+", key) else 0
    made = Partition(name, number, "indx0" in given, "ipoib" in given, 4)
    if not colon or not number:
        made.problems.append("no key" if colon else "no colon")
    made.problems += [f"flag {each}" for each in given if each not in (*_FLAGS, *_OPTIONS)]
    if given.get("mtu", "4").isdigit():
        made.mtu = int(given.get("mtu", "4"))
    for member in (part.strip() for part in body.split(",")):
        who, how = _pair(member)
        full = (how or given.get("defmember", "limited")) == "full"
        if who in _EVERYBODY:
            made.everybody = full
            made.members.clear()
        elif who.startswith("@"):
            made.members[who[1:].replace("@", " ", 1)] = full
        elif re.fullmatch(r"0[xX][0-9a-fA-F]+", who):
            made.members[names.get(int(who, 16), who)] = full
        elif who and who not in _WORDS:
            made.problems.append(f"member {who}")
    return made


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key.strip(), value.strip()


def table(port: str, partitions: list[Partition]) -> list[tuple[int, Partition]]:
    """A port's keys, membership bit included, in the order of its table: those with ``indx0`` first."""
    rows = []
    for partition in partitions:
        full = partition.members.get(port, partition.everybody)
        if full is not None:
            rows.append((partition.key | (FULL if full else 0), partition))
    if not any(partition.key == DEFAULT for partition in partitions):
        rows.append((DEFAULT, Partition("Default", DEFAULT, False, False, 4, False)))
    return sorted(rows, key=lambda row: not row[1].first)
