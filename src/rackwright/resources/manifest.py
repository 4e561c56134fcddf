"""Manifest: one Kubernetes object, applied by the server with our own field manager, and read back.

Drift is what the server itself would change if the manifest were applied now (see
:mod:`rackwright.kube.drift`). A field that another manager holds with another value is refused, by the
manager's name, unless the manifest says ``force``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from rackwright.errors import WorldRefused
from rackwright.kube import deletion, drift, options, values, waiting
from rackwright.kube.api import Api, Json, connect
from rackwright.kube.discovery import Served, absent, find, find_soon
from rackwright.kube.identity import Identity
from rackwright.kube.manifest_check import problems
from rackwright.kube.refusal import refusing
from rackwright.resources import site
from rackwright.resources.handler import Change, Diff, Observed, Progress, Props

NEW_KIND_SECONDS = 10.0
"""How long the kind may take to be served: its CRD may only just have been established."""
LOOKS = 4
"""How often an object is read until nobody wrote between two looks."""


class ManifestHandler:
    """``rackwright:platform:Manifest``.

    Inputs: object (the manifest); optionally values {key: reference} (a Secret's data), manager, force, wait
    [condition], timeout (seconds), shared (the object is somebody else's: it must be there, and on delete
    only our fields go), optional (where its kind is not served nothing is done, and that is said).
    """

    type = "rackwright:platform:Manifest"
    stable_outputs = frozenset({"uid"})

    def check(self, inputs: Props) -> list[tuple[str, str]]:
        return site.missing(inputs, "object") or problems(inputs)

    def diff(self, old: Props, new: Props) -> Diff:
        """In place, unless it is another object by now."""
        found = site.diff(old, new)
        both = [side.get("object") for side in (old, new)]
        if "object" in found.changes and all(isinstance(each, Mapping) for each in both):
            before, after = (Identity.of(each) for each in both if each)
            moved = before.key != after.key
            change = Change(both[0], both[1], replace=moved)
            return Diff({**found.changes, "object": change}, f"{after}: {found.why}")
        return found

    async def read(self, id: str, inputs: Props) -> Observed | None:
        which = Identity.of(inputs["object"])
        async with _at(inputs, which, "read") as api:
            served = await find(api, which.api_version, which.kind)
            if served is None:
                return _unserved(inputs, which) if inputs.get("optional") else None
            path = served.path(which)
            live, lines = await _look(api, inputs, which, path)
            return _observed(inputs, which, live, lines) if live else None

    async def apply(self, inputs: Props, old: Observed | None, progress: Progress) -> Observed:
        which = Identity.of(inputs["object"])
        async with _at(inputs, which, "apply") as api:
            served = await _served(api, inputs, which)
            if served is None:
                progress(f"not applied: {await absent(api, which)}")
                return _unserved(inputs, which)
            path = served.path(which)
            before = await _before(api, inputs, which, path, progress)
            made = await _send(api, inputs, which, path, before)
            progress(_word(before, made))
            if old and (former := options.manager(old.inputs)) != options.manager(inputs):
                # What it owned would stay its own, and would never be pruned.
                await api.apply(path, which.bare(made["metadata"]["uid"]), former, force=True)
            await _settle(api, inputs, which, path, progress)
            live, lines = await _look(api, inputs, which, path)
            if live is None or lines:
                found = "; ".join(lines) or "it is gone again"
                raise WorldRefused(str(which), "read back", found, "somebody changes it back: who owns it?")
            return _observed(inputs, which, live, [])

    async def delete(self, id: str, inputs: Props, progress: Progress) -> None:
        which = Identity.of(inputs["object"])
        async with _at(inputs, which, "delete") as api:
            served = await find(api, which.api_version, which.kind)
            path = served.path(which) if served else ""
            live = await api.find(path) if served else None
            if live is None:
                progress("is gone already")
                return
            await deletion.delete(api, inputs, which, path, live, progress)


@asynccontextmanager
async def _at(inputs: Props, which: Identity, step: str) -> AsyncIterator[Api]:
    """A connection, and every refusal of the server's in our words."""
    async with connect(inputs) as api:
        with refusing(which, step, lambda text: values.scrubbed(inputs, text)):
            yield api


async def _served(api: Api, inputs: Props, which: Identity) -> Served | None:
    """The kind; None only where the manifest is optional."""
    patience = 0.0 if inputs.get("optional") else NEW_KIND_SECONDS
    served = await find_soon(api, which.api_version, which.kind, patience)
    if served is None and not inputs.get("optional"):
        hint = "declare its CRD and name it in depends_on, or install what brings it"
        raise WorldRefused(str(which), "find kind", await absent(api, which), hint)
    return served


async def _before(api: Api, inputs: Props, which: Identity, path: str, progress: Progress) -> Json | None:
    """What is there; one that is on its way out is waited for."""
    live = await api.find(path)
    if inputs.get("shared"):
        if live is None:
            hint = "it is somebody else's to make: has it joined, or been installed?"
            raise WorldRefused(str(which), "apply", "is not there", hint)
    elif live and live["metadata"].get("deletionTimestamp"):
        await waiting.until_gone(api, which, path, live["metadata"]["uid"], options.seconds(inputs), progress)
        return None
    return live


async def _send(api: Api, inputs: Props, which: Identity, path: str, before: Json | None) -> Json:
    """Apply, and see that the server took all of it."""
    wanted = values.filled(inputs)
    if inputs.get("shared") and before:
        wanted = {**wanted, "metadata": {**wanted["metadata"], "uid": before["metadata"]["uid"]}}
    made = await api.apply(path, wanted, options.manager(inputs), force=bool(inputs.get("force")))
    if lost := drift.dropped(wanted, made):
        hint = "is a feature gate off there, or the server older than the manifest?"
        raise WorldRefused(str(which), "apply", f"the server dropped {', '.join(lost)}", hint)
    return made


async def _settle(api: Api, inputs: Props, which: Identity, path: str, progress: Progress) -> None:
    conditions = waiting.wanted(which, inputs.get("wait") or ())
    if conditions:
        await waiting.until_met(api, which, path, conditions, options.seconds(inputs), progress)
    if waiting.is_crd(which):
        await waiting.until_served(api, which, inputs["object"], options.seconds(inputs))


async def _look(api: Api, inputs: Props, which: Identity, path: str) -> tuple[Json | None, list[str]]:
    """The object as it is, and how it differs from what is declared."""
    wanted = values.filled(inputs)
    live = await api.find(path)
    for _ in range(LOOKS):
        if live is None:
            return None, []
        if live["metadata"].get("deletionTimestamp") and not inputs.get("shared"):
            return live, [f"is being deleted since {live['metadata']['deletionTimestamp']}"]
        would = await api.apply(path, wanted, options.manager(inputs), force=True, dry=True)
        again = await api.find(path)
        if again and again["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]:
            break
        live = again  # somebody wrote between the two: what they wrote is no drift of ours
    if live is None:
        return None, []
    lines = drift.differences(values.masked(inputs, live), values.masked(inputs, would))
    return live, lines + waiting.unmet(live, waiting.wanted(which, inputs.get("wait") or ()))


def _observed(inputs: Props, which: Identity, live: Json, lines: list[str]) -> Observed:
    found = {key: value for key, value in inputs.items() if key != "drift"}
    if lines:
        found["drift"] = lines
    return Observed(which.id, found, {"uid": live["metadata"]["uid"], "applied": True})


def _unserved(inputs: Props, which: Identity) -> Observed:
    """An optional manifest whose kind the server does not know."""
    found = {key: value for key, value in inputs.items() if key != "drift"}
    return Observed(which.id, found, {"uid": "", "applied": False})


def _word(before: Json | None, made: Json) -> str:
    if before is None:
        return "created"
    same = before["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    return "is as declared already" if same else "changed"
