"""Pulumi's event log in the words of :mod:`rackwright.engine.events`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rackwright.engine.events import OnEvent, Summary, shown
from rackwright.provider.life import changes as differences
from rackwright.resources.handler import Change

# A replacement is three steps of Pulumi's; the last one stands for it. The others are its parts.
ACTS = {
    "same": "same",
    "create": "create",
    "update": "update",
    "delete": "delete",
    "create-replacement": "replace",
    "read": "same",
    "refresh": "same",
}
DECLARED = re.compile(r"registering resource: ty=([^,]+), name=(.+), custom=True\b")
"""How the SDK's log says that the program declares a resource; Pulumi tells nothing of one that it skips."""
BEGINS = {"create", "update", "delete", "create-replacement"}


class Translator:
    """Feeds ``on_event`` and fills ``summary`` from one run's events."""

    def __init__(self, summary: Summary, on_event: OnEvent) -> None:
        self.summary, self._tell = summary, on_event
        self._errors: dict[str, list[str]] = {}
        self._counted: set[str] = set()
        self._declared: dict[str, str] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        """One line of the event log."""
        if "diagnosticEvent" in event:
            self._diagnostic(event["diagnosticEvent"])
        elif "resourcePreEvent" in event:
            item = event["resourcePreEvent"]["metadata"]
            if item["op"] in BEGINS and not item["type"].startswith("pulumi:"):
                self._tell({"event": "begin", "op": ACTS[item["op"]], **_names(item)})
        elif "resOutputsEvent" in event:
            self._done(event["resOutputsEvent"]["metadata"])
        elif "resOpFailedEvent" in event:
            self._failed(event["resOpFailedEvent"]["metadata"])

    def finish(self, code: int, expect_no_changes: bool) -> None:
        """The exit code, from Pulumi's and from what has happened."""
        ended = self._counted | {one["urn"] for one in self.summary.failed}
        names = {urn.rsplit("::", 1)[1] for urn in ended}
        if code:
            left = sorted(self._declared.keys() - names)
            self.summary.skipped = [f"{self._declared[name]}::{name}" for name in left]
        general = [
            text for urn, texts in self._errors.items() if "::pulumi:" in urn or not urn for text in texts
        ]
        if code and not self.summary.exit_code:
            self.summary.exit_code = 3
            failed = (
                f"{len(self.summary.failed)} failed; run the command again" if self.summary.failed else ""
            )
            self.summary.message = "\n".join(filter(None, [*general, failed])) or f"pulumi ended with {code}"
        elif expect_no_changes and self.summary.changes and not self.summary.exit_code:
            self.summary.exit_code = 1
            self.summary.message = f"{self.summary.changes} changes although none were expected"

    def _diagnostic(self, item: Mapping[str, Any]) -> None:
        urn, text, severity = item.get("urn", ""), item["message"].strip(), item["severity"]
        if severity == "debug":
            found = DECLARED.match(text)
            if found is not None:
                self._declared[found[2]] = found[1]
        if severity == "debug" or not text:
            return
        if severity == "error":
            self._errors.setdefault(urn, []).append(text)
        elif item.get("ephemeral") and urn:
            self._tell({"event": "progress", "urn": urn, "text": text})
        else:
            level = "warning" if severity == "warning" else "info"
            self._tell({"event": "log", "level": level, "text": text})

    def _done(self, item: Mapping[str, Any]) -> None:
        if item["type"] == "pulumi:pulumi:Stack":
            self.summary.outputs = (item.get("new") or {}).get("outputs") or {}
        if item["op"] not in ACTS or item["type"].startswith("pulumi:") or item["urn"] in self._counted:
            return
        self._counted.add(item["urn"])  # a component is told once more when it registers its outputs
        act = ACTS[item["op"]]
        self.summary.counts[act] = self.summary.counts.get(act, 0) + 1
        self._end(act, item, "")

    def _failed(self, item: Mapping[str, Any]) -> None:
        if item["type"].startswith("pulumi:"):
            return
        reason = "; ".join(self._errors.pop(item["urn"], [])) or "failed"
        self.summary.failed.append({"urn": item["urn"], "reason": reason})
        self._end(ACTS.get(item["op"], "update"), item, reason)

    def _end(self, act: str, item: Mapping[str, Any], reason: str) -> None:
        refresh = self.summary.operation == "refresh"
        found = _changes(item, refresh) if act in ("update", "replace") else {}
        end = {
            "op": act,
            **_names(item),
            "ok": not reason,
            "reason": reason,
            "why": "",
            "changes": shown(found),
        }
        self._tell({"event": "end", **end, "seconds": 0.0})


def _names(item: Mapping[str, Any]) -> dict[str, str]:
    return {"urn": item["urn"], "type": item["type"], "name": item["urn"].rsplit("::", 1)[1]}


def _changes(item: Mapping[str, Any], refresh: bool) -> dict[str, Change]:
    """Property differences of the inputs; in a refresh of what was found beside them too."""
    old, new = item.get("old") or {}, item.get("new") or {}
    kinds = {key: str(value.get("diffKind", "")) for key, value in (item.get("detailedDiff") or {}).items()}
    found = differences(old.get("inputs") or {}, new.get("inputs") or {})
    if refresh:
        found.update(differences(old.get("outputs") or {}, new.get("outputs") or {}))
    return {
        key: Change(one.old, one.new, kinds.get(key, "").endswith("-replace")) for key, one in found.items()
    }
