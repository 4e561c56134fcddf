"""What a run says of a host, from the events of its tasks."""

from __future__ import annotations

from rackwright.resources.ansible_run import HostResult, _take


def failed(*events: tuple[str, str]) -> str:
    found = {"h": HostResult("h")}
    for kind, text in events:
        data = {"host": "h", "role": "r", "task": "Apply", "res": {"msg": text}}
        _take({"event": kind, "event_data": data}, found, [], lambda _: None)
    return found["h"].failed


def test_a_loop_says_what_failed_in_it() -> None:
    last = ("runner_on_failed", "One or more items failed")
    assert failed(("runner_item_on_failed", "conflict with kubectl-patch"), last) == (
        "r: Apply: conflict with kubectl-patch"
    )
    assert failed(last) == "r: Apply: One or more items failed"
