"""The kubelet: it runs, and it is configured as designed, in its file and (asked by the API) in force."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from rackwright.verify.checks.node import on_node
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Outcome, Verdict
from rackwright.verify.node_questions import KUBELET

SHOWN = 4
_KINDS = frozenset({"apiVersion", "kind"})
_UNITS = {
    "": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30,
    "Ti": 2.0**40,
}  # fmt: skip
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
UNITS = ("kubelet", "containerd")


def units(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """The services of a node run."""
    if want.node is None:
        return
    states = facts.text("node_units").split()
    for at, unit in enumerate(UNITS):
        state = states[at] if at < len(states) else "unknown"
        outcome: Outcome = "pass" if state == "active" else "fail"
        yield on_node(f"{unit} runs", want, outcome, state, "active", "systemctl is-active", unit)


def configured(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """The file that the kubelet starts with has every designed setting."""
    if want.node is None:
        return
    answer = facts.answer("kubelet_config")
    if answer.rc != 0:
        said = "no such file"
        yield on_node("kubelet configuration", want, "fail", said, "as designed", f"cat {KUBELET}", "kubelet")
        return
    try:
        found = yaml.safe_load(answer.out)
    except yaml.YAMLError as problem:
        raise NotMeasured(f"{KUBELET}: not YAML: {type(problem).__name__}") from problem
    wrong = differences(found if isinstance(found, dict) else {}, want.node.kubelet)
    said, expected = shown(wrong)
    outcome: Outcome = "fail" if wrong else "pass"
    yield on_node("kubelet configuration", want, outcome, said, expected, f"cat {KUBELET}", "kubelet")


def differences(
    found: Mapping[str, Any], wanted: Mapping[str, Any], above: str = ""
) -> dict[str, tuple[str, str]]:
    """(found, wanted) by setting. Settings that the design does not name are the kubelet's own.

    >>> differences({"maxPods": 110, "kubeReserved": {"memory": "2Gi"}},
    ...             {"maxPods": 64, "kubeReserved": {"memory": "2048Mi"}, "readOnlyPort": 0})
    {'maxPods': ('110', '64')}
    """
    wrong: dict[str, tuple[str, str]] = {}
    for key, value in wanted.items():
        if not above and key in _KINDS:
            continue
        there = found.get(key)
        if isinstance(value, Mapping):
            inside = there if isinstance(there, Mapping) else {}
            wrong |= differences(inside, value, f"{above}{key}.")
        elif not same(there, value):
            wrong[f"{above}{key}"] = ("not set" if there is None else _text(there), _text(value))
    return wrong


def same(found: object, wanted: object) -> bool:
    """Equal as the kubelet reads them: 2Gi is 2048Mi, 120s is 2m0s, and a zero may be left out.

    >>> same("1Gi", "1024Mi"), same("2m0s", "120s"), same(None, 0), same(None, False), same("a", "b")
    (True, True, True, False, False)
    """
    if isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            return False
        return all(same(a, b) for a, b in zip(found, wanted, strict=True))
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and not differences(found, wanted, ".")
    if isinstance(wanted, bool) or isinstance(found, bool):
        return found is wanted
    if found is None:
        return wanted == 0
    return found == wanted or _number(found) == _number(wanted)


def shown(wrong: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Found and expected, in words."""
    if not wrong:
        return "as designed", "as designed"
    some = list(wrong.items())[:SHOWN]
    more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
    found = [f"{key} {pair[0]}" for key, pair in some] + more
    return "; ".join(found), "; ".join([f"{key} {pair[1]}" for key, pair in some] + more)


def _number(value: object) -> object:
    """A quantity or a duration as a number; anything else as it is, in text."""
    text = str(value)
    if match := _QUANTITY.fullmatch(text):
        return float(match[1]) * _UNITS[match[2] or ""]
    if text and (match := _DURATION.fullmatch(text)):
        return ("s", int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + float(match[3] or 0))
    return text


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
