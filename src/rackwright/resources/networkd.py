"""What systemd-networkd files promise, and what the kernel does: policy rules and MTU.

Only the keys that the switch templates write are understood; an unknown key in a rule is an error, because a
check that skips what it does not know would call a leak healthy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

_RULE_KEYS = {"IncomingInterface", "To", "From", "Table", "Priority", "Type", "Family"}
_FOREIGN_BELOW = 32766
"""Rules at 32766 and 32767 (main, default) and at 0 (local) are the kernel's own."""


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One policy rule, as ``ip rule`` shows it.

    >>> str(Rule(1000, "swp1", "", "10.80.0.0/14", "main"))
    '1000: iif swp1 to 10.80.0.0/14 main'
    """

    priority: int
    iif: str
    source: str
    to: str
    action: str
    """Table name (``main``, ``201``) or a verdict (``prohibit``, ``blackhole``, ``unreachable``)."""
    six: bool = False
    """An IPv6 rule: the kernel keeps the two families apart."""

    def __str__(self) -> str:
        words = [f"{self.priority}:"]
        words += [
            word
            for key, value in (("iif", self.iif), ("from", self.source), ("to", self.to))
            if value
            for word in (key, value)
        ]
        return " ".join([*words, self.action])


def _sections(text: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("["):
            found.append((line.strip("[]"), {}))
        elif line and line[0] not in "#;" and found:
            key, _, value = line.partition("=")
            found[-1][1][key.strip()] = value.strip()
    return found


def declared_rules(files: Mapping[str, str]) -> set[Rule]:
    """Every rule in the ``.network`` files."""
    rules = set()
    for path, text in files.items():
        if not path.endswith(".network"):
            continue
        for name, keys in _sections(text):
            if name != "RoutingPolicyRule":
                continue
            if unknown := keys.keys() - _RULE_KEYS:
                raise ValueError(f"{path}: a rule with {sorted(unknown)} cannot be checked")
            rules.add(
                Rule(
                    int(keys.get("Priority", 0)),
                    keys.get("IncomingInterface", ""),
                    keys.get("From", ""),
                    keys.get("To", ""),
                    keys.get("Type") or keys.get("Table", "main"),
                    keys.get("Family") == "ipv6",
                )
            )
    return rules


def _prefix(address: str, length: int | None, whole: int = 32) -> str:
    if address in ("", "all"):
        return ""
    return address if length is None or length == whole else f"{address}/{length}"


def live_rules(output: str, six: bool = False) -> set[Rule]:
    """The rules of ``ip -j -4 rule show`` (or ``-6``) that are not the kernel's own."""
    rules = set()
    for row in json.loads(output or "[]"):
        if not 0 < row["priority"] < _FOREIGN_BELOW or "l3mdev" in row:
            continue  # l3mdev: the kernel makes this rule with the first VRF
        action = row.get("action") or str(row.get("table", "main"))
        rules.add(
            Rule(
                row["priority"],
                row.get("iif", ""),
                _prefix(row.get("src", ""), row.get("srclen"), 128 if six else 32),
                _prefix(row.get("dst", ""), row.get("dstlen"), 128 if six else 32),
                {"254": "main", "253": "default"}.get(action, action),
                six,
            )
        )
    return rules


def rule_drift(declared: set[Rule], live: set[Rule]) -> list[str]:
    """One line for each rule that is missing or foreign."""
    return [f"{_tool(rule)} missing: {rule}" for rule in sorted(declared - live)] + [
        f"{_tool(rule)} not declared: {rule}" for rule in sorted(live - declared)
    ]


def _tool(rule: Rule) -> str:
    return "ip -6 rule" if rule.six else "ip rule"


def live_mtu(output: str) -> dict[str, int]:
    """MTU by interface from ``ip -j link show``."""
    return {row["ifname"]: row["mtu"] for row in json.loads(output or "[]")}


def mtu_drift(declared: Mapping[str, int], live: Mapping[str, int]) -> list[str]:
    """One line for each port whose MTU is not the declared one, or that is not there."""
    return [
        f"{port}: mtu found {live.get(port, 'no such port')}, expected {mtu}"
        for port, mtu in sorted(declared.items())
        if live.get(port) != mtu
    ]
