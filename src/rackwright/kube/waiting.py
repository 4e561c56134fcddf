"""Waiting for what the server or a controller does with an object: conditions that come true, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from rackwright.errors import WorldRefused
from rackwright.kube.api import Api
from rackwright.kube.discovery import Served, find_soon
from rackwright.kube.identity import Identity
from rackwright.resources.handler import Progress

CRD = ("CustomResourceDefinition", "apiextensions.k8s.io")
LOOK_SECONDS = 1.0


def wanted(which: Identity, declared: Sequence[str]) -> tuple[str, ...]:
    """The conditions to wait for: ``Ready`` or ``Ready=False``; a CRD's are known."""
    own = ("Established", "NamesAccepted") if (which.kind, which.group) == CRD else ()
    return tuple(dict.fromkeys((*own, *declared)))


def unmet(live: Mapping[str, Any], conditions: Sequence[str]) -> list[str]:
    """The conditions that do not hold, in words.

    >>> unmet({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Why"}]}}, ["Ready"])
    ['condition Ready: found False (Why), expected True']
    """
    status = live.get("status") or {}
    seen = {each.get("type"): each for each in status.get("conditions") or ()}
    lines = []
    for each in conditions:
        name, _, value = each.partition("=")
        found, expected = seen.get(name), value or "True"
        generation = (live.get("metadata") or {}).get("generation")
        if found is None:
            lines.append(f"condition {name}: found none, expected {expected}")
        elif str(found.get("status")) != expected:
            why = ": ".join(filter(None, (found.get("reason"), found.get("message"))))
            state = f"{found.get('status')} ({why})" if why else str(found.get("status"))
            lines.append(f"condition {name}: found {state}, expected {expected}")
        elif generation and found.get("observedGeneration", generation) < generation:
            lines.append(f"condition {name}: found {expected} of an earlier generation")
    return lines


async def until_met(
    api: Api, which: Identity, path: str, conditions: Sequence[str], seconds: float, progress: Progress
) -> None:
    """Wait for the conditions.

    :raises WorldRefused: they do not hold in time, or the object went away.
    """
    loop = asyncio.get_running_loop()
    end, said = loop.time() + seconds, ""
    while True:
        live = await api.find(path)
        if live is None:
            raise WorldRefused(str(which), "wait", "it was taken away meanwhile", "who else manages it?")
        lines = unmet(live, conditions)
        if not lines:
            return
        if loop.time() > end:
            raise WorldRefused(
                str(which),
                f"wait {seconds:g} s",
                "; ".join(lines),
                "it is applied; run up again to go on waiting",
            )
        if said != (said := lines[0]):
            progress(said)
        await asyncio.sleep(LOOK_SECONDS)


async def until_served(api: Api, which: Identity, crd: Mapping[str, Any], seconds: float) -> None:
    """Wait until the server offers the kind that a CRD brings, in each of its versions."""
    spec = crd["spec"]
    for version in (each["name"] for each in spec["versions"] if each.get("served")):
        name = f"{spec['group']}/{version}"
        if await find_soon(api, name, spec["names"]["kind"], seconds) is None:
            raise WorldRefused(
                str(which),
                f"wait {seconds:g} s",
                f"{name} is not served yet",
                "run up again to go on waiting",
            )


async def until_gone(
    api: Api, which: Identity, path: str, uid: str, seconds: float, progress: Progress
) -> None:
    """Wait for the end of a deletion.

    :raises WorldRefused: something keeps it; it is named.
    """
    loop = asyncio.get_running_loop()
    end, said = loop.time() + seconds, ""
    while (live := await api.find(path)) is not None and live["metadata"]["uid"] == uid:
        held = _held(live)
        if loop.time() > end:
            hint = "whoever set the finalizer must take it off: does that controller run?"
            if "foregroundDeletion" in held:
                hint = "kube-controller-manager takes it off; of a new kind it learns within half a minute"
            raise WorldRefused(str(which), f"delete, {seconds:g} s", f"is still there; {held}", hint)
        if said != (said := held):
            progress(f"waiting for its end; {held}")
        await asyncio.sleep(LOOK_SECONDS / 2)


def _held(live: Mapping[str, Any]) -> str:
    """What keeps an object that is being deleted."""
    meta = live["metadata"]
    names = [*meta.get("finalizers", ()), *(live.get("spec") or {}).get("finalizers", ())]
    why = [
        str(each.get("message"))
        for each in (live.get("status") or {}).get("conditions") or ()
        if each.get("status") == "True" and each.get("message")
    ]
    return "; ".join([f"finalizers: {', '.join(names) or 'none'}", *why])


def is_crd(which: Identity) -> bool:
    return (which.kind, which.group) == CRD


def collections(crd: Mapping[str, Any]) -> Served:
    """Where the objects of a CRD's kind are, of all namespaces."""
    spec = crd["spec"]
    version = next(each["name"] for each in spec["versions"] if each.get("served"))
    return Served(f"/apis/{spec['group']}/{version}", spec["names"]["plural"], spec["scope"] == "Namespaced")
