"""etcd on a control-plane server: healthy, with a leader, without an alarm, and with room left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rackwright.verify.checks.node import on_node
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.limits import limit_of
from rackwright.verify.model import Outcome, Verdict

PART = "etcd"
QUOTA = 2 * 2**30
"""Bytes; etcd's own default (https://etcd.io/docs/v3.6/dev-guide/limit/), of members that do not say it."""


def etcd(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """What the member on this server says of itself."""
    if want.node is None or not want.node.control:
        return
    said = parse(facts.text("etcd"))
    healthy, why = _health(said.get("health", ""))
    outcome: Outcome = "pass" if healthy else "fail"
    yield on_node("etcd health", want, outcome, why, "healthy", "etcdctl endpoint health", PART)
    status = _status(said.get("status", ""))
    if status is None:
        # What a member that does not answer holds is not known; that it does not answer is said above.
        why = "the member does not answer"
        for check, expected in (
            ("etcd leader", "a leader"),
            ("etcd alarms", "none"),
            ("etcd size", "room left"),
        ):
            yield on_node(check, want, "not measured", why, expected, "etcdctl", PART)
        return
    leader = status.get("leader") or 0
    outcome = "pass" if leader else "fail"
    yield on_node(
        "etcd leader",
        want,
        outcome,
        f"{leader:x}" if leader else "none",
        "a leader",
        "etcdctl endpoint status",
        PART,
    )
    alarms = " ".join(said.get("alarms", "").split())
    yield on_node(
        "etcd alarms",
        want,
        "fail" if alarms else "pass",
        alarms or "none",
        "none",
        "etcdctl alarm list",
        PART,
    )
    yield _size(want, status)


def _size(want: Expected, status: dict[str, Any]) -> Verdict:
    limit = limit_of("etcd database percent", None)
    if limit is None:
        raise NotMeasured("catalog/health.yaml has no limit for etcd's database")
    used, quota = int(status.get("dbSize") or 0), int(status.get("dbSizeQuota") or 0) or QUOTA
    share = 100.0 * used / quota
    found = f"{share:.1f} % of {quota / 2**30:.0f} GiB ({used / 2**20:.0f} MiB)"
    outcome: Outcome = "pass" if limit.holds(share) else "fail"
    return on_node("etcd size", want, outcome, found, f"{limit} %", "etcdctl endpoint status", PART)


def parse(text: str) -> dict[str, str]:
    """What stands below each ``== word``."""
    found = {}
    for part in f"\n{text}".split("\n== ")[1:]:
        word, _, body = part.partition("\n")
        found[word.strip()] = body.strip()
    return found


def _health(text: str) -> tuple[bool, str]:
    for line in text.splitlines():
        try:
            rows = json.loads(line)
        except ValueError:
            continue
        if isinstance(rows, list) and rows:
            bad = [str(row.get("error") or "unhealthy") for row in rows if not row.get("health")]
            return not bad, "; ".join(bad)[:200] or "healthy"
    last = text.splitlines()[-1] if text else "no answer"
    return False, last[:200]


def _status(text: str) -> dict[str, Any] | None:
    for line in text.splitlines():
        try:
            rows = json.loads(line)
        except ValueError:
            continue
        if isinstance(rows, list) and rows and isinstance(rows[0].get("Status"), dict):
            return dict(rows[0]["Status"])
    return None
