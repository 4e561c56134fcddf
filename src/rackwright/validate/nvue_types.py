"""What a schema of NVUE's tree is made of: mappings, words and numbers; and the patterns that they use."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Keys:
    """A mapping with known keys."""

    of: dict[str, Node]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Each:
    """A mapping by name: keys that match ``pattern`` (in words: ``what``), all of one shape."""

    pattern: re.Pattern[str]
    what: str
    of: Node


@dataclass(frozen=True)
class Word:
    """A string that matches."""

    pattern: re.Pattern[str]
    what: str


@dataclass(frozen=True)
class Number:
    """A whole number in a range."""

    low: int
    high: int


Node = Keys | Each | Word | Number
EMPTY = Keys({})


def one(*words: str) -> Word:
    return Word(re.compile("|".join(words)), " or ".join(words))


FOUR = r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
SIX = r"[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
VRF_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,14}")
INTERFACE = re.compile(r"eth0|lo|swp[1-9]\d*(?:s[0-7])?(?:\.[1-9]\d{0,3})?|vlan[1-9]\d{0,3}")
PEER = re.compile(rf"{INTERFACE.pattern}|{FOUR}")
ON = one("enabled", "disabled")
ENABLE = one("enable", "disable")
TEXT = Word(re.compile(r"[^\n]{1,255}"), "a line of text")
NAMED = Word(NAME, "a name")
ASN = Number(1, 4_294_967_295)
ADDRESS4 = Word(re.compile(FOUR), "an IPv4 address")
PREFIX4 = re.compile(rf"{FOUR}/(?:3[0-2]|[12]?\d)")
PREFIX6 = re.compile(rf"{SIX}/(?:12[0-8]|1[01]\d|\d?\d)")
PREFIX = re.compile(rf"{PREFIX4.pattern}|{PREFIX6.pattern}")
PREFIX4_WORD = Word(PREFIX4, "an IPv4 prefix")
RULE = re.compile(r"[1-9]\d{0,4}")
PRIORITY = re.compile(r"[0-7]")
LARGE = re.compile(r"\d{1,10}:\d{1,10}:\d{1,10}")
TARGET = re.compile(r"\d{1,5}:\d{1,8}")
STATE = Keys({"state": ON})


def rules(of: Node) -> Each:
    return Each(RULE, "a rule number", of)


def named(of: Node) -> Each:
    return Each(NAME, "a name", of)


def priorities(of: Node) -> Each:
    return Each(PRIORITY, "a priority from 0 to 7", of)


def policy(*inbound: str) -> Keys:
    return Keys({"inbound": Keys(dict.fromkeys(inbound, NAMED)), "outbound": Keys({"route-map": NAMED})})


PERMIT_OR_DENY = Keys({"permit": EMPTY, "deny": EMPTY})
