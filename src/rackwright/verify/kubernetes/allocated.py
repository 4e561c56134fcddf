"""What a claim was given, and why a pod did not start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rackwright.verify.kubernetes.seen import Json, Seen, Tried


def judge(pod: Json, claims: Sequence[Json], template: Json, seen: Seen) -> Tried:
    """Of a pod that runs: its devices are this node's, as many as asked, and matched as the claim asks."""
    own = [each.get("resourceClaimName") for each in pod["status"].get("resourceClaimStatuses") or ()]
    results = [
        result
        for claim in claims
        if claim["metadata"]["name"] in own
        for result in claim["status"].get("allocation", {}).get("devices", {}).get("results") or ()
    ]
    node = pod["spec"]["nodeName"]
    asked = template["spec"]["spec"]["devices"]
    told = ", ".join(f"{result['request']} {result['device']}" for result in results)
    wrong = [f"{each['device']} of {each['pool']}" for each in results if each["pool"] != node]
    if len(results) != len(asked["requests"]):
        wrong.append(f"{len(results)} devices of {len(asked['requests'])}")
    for constraint in asked.get("constraints") or ():
        values = {
            str(_value(seen, node, each, constraint["matchAttribute"]))
            for each in results
            if each["request"] in constraint["requests"]
        }
        if len(values) != 1 or "None" in values:
            wrong.append(f"{constraint['matchAttribute']}: {' and '.join(sorted(values))}")
    if wrong:
        return Tried("fail", f"ran, with {'; '.join(wrong)} ({told})")
    return Tried("pass", f"ran, with {told}")


def why_not(pod: Json | None, events: Sequence[Json], seconds: float, busy: int) -> Tried:
    """Of a pod that does not run: the last warning, or what its status says."""
    if pod is None:
        return Tried("fail", "the pod is gone")
    status = pod["status"]
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    placed = conditions.get("PodScheduled", {})
    if not pod["spec"].get("nodeName"):
        said = placed.get("message") or "not looked at by the scheduler"
        if busy:
            why = f"{busy} devices of the node are in use, and what is left was not enough: {said}"
            return Tried("not measured", why[:300], due=False)
        return Tried("fail", f"not scheduled in {seconds:g} s: {said}"[:300])
    name = pod["metadata"]["name"]
    warned = [
        each
        for each in events
        if each.get("type") == "Warning" and (each.get("involvedObject") or {}).get("name") == name
    ]
    if warned:
        last = max(warned, key=_when)
        return Tried(
            "fail", f"{status.get('phase')} after {seconds:g} s: {last['reason']}: {last['message']}"[:300]
        )
    for each in status.get("containerStatuses") or ():
        for state in (each.get("state") or {}).values():
            if state.get("reason"):
                said = f"{state['reason']} {state.get('message', '')}".strip()
                return Tried("fail", f"{status.get('phase')} after {seconds:g} s: {said}"[:300])
    return Tried("fail", f"{status.get('phase', 'unknown')} after {seconds:g} s, without a reason")


def _when(event: Json) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")


def _value(seen: Seen, node: str, result: Json, attribute: str) -> Any:  # noqa: ANN401 - whatever its type
    """An attribute of an allocated device, as its slice says it; None where it has none."""
    device = seen.devices(node, result["driver"]).get(result["device"], {})
    found = (device.get("attributes") or {}).get(attribute)
    own = (device.get("attributes") or {}).get(attribute.removeprefix(f"{result['driver']}/"))
    value = found or own
    return None if value is None else next(iter(value.values()))
