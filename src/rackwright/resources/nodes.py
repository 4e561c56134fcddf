"""Nodes: servers as nodes of the Kubernetes cluster on them: each joined, Ready, and labelled by its place.

The nodes themselves are the kubelets'; of them only the labels are ours, applied under a field manager of
their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from rackwright.errors import WorldRefused
from rackwright.kube import drift, waiting
from rackwright.kube.api import Api, Json, Said, connect
from rackwright.kube.identity import Identity
from rackwright.kube.options import seconds
from rackwright.kube.owners import conflicts
from rackwright.kube.refusal import refusing
from rackwright.resources import site
from rackwright.resources.handler import Diff, Observed, Progress, Props

MANAGER = "rackwright-nodes"
AT_A_TIME = 16
SHOWN = 5
LOOK_SECONDS = 2.0
Found = Mapping[str, Json | None]


class NodesHandler:
    """``rackwright:platform:Nodes``.

    Inputs: name, nodes {node: {label: value}}; optionally timeout (seconds until all are Ready), network
    (False where the site brings it later: joined is then enough), force (take a label over from another
    manager).
    """

    type = "rackwright:platform:Nodes"

    def check(self, inputs: Props) -> list[tuple[str, str]]:
        problems = site.missing(inputs, "name", "nodes")
        return problems + ([("nodes", "is empty")] if inputs.get("nodes") == {} else [])

    def diff(self, old: Props, new: Props) -> Diff:
        return site.diff(old, new, frozenset({"name"}))

    async def read(self, id: str, inputs: Props) -> Observed | None:
        async with _at(inputs, "read") as api:
            found = await _nodes(api, inputs["nodes"])
            return await _observed(api, inputs, found)

    async def apply(self, inputs: Props, old: Observed | None, progress: Progress) -> Observed:
        declared: Mapping[str, Mapping[str, str]] = inputs["nodes"]
        async with _at(inputs, "apply") as api:
            left = set(old.inputs.get("nodes") or {}) - set(declared) if old else set()
            await _withdraw(api, left)
            loop = asyncio.get_running_loop()
            end, told, last = loop.time() + seconds(inputs), -1, False
            while True:
                found = await _nodes(api, declared)
                wrote = await _label(api, inputs, found)
                lines = [line for name, node in found.items() for line in _unready(name, node, inputs)]
                if not lines and not wrote:
                    return await _observed(api, inputs, found)
                if last:
                    hint = "the rest is labelled; look at the kubelet's journal there, then run up again"
                    text = _some(lines) or "labels are changed back again and again"
                    raise WorldRefused(inputs["name"], f"wait {seconds(inputs):g} s", text, hint)
                if lines and told != (told := len(lines)):
                    progress(f"{len(found) - len(lines)} of {len(found)} ready; {lines[0]}")
                if not wrote:
                    await asyncio.sleep(LOOK_SECONDS)
                last = loop.time() > end  # a look after the end says what it finds, not what was just sent

    async def delete(self, id: str, inputs: Props, progress: Progress) -> None:
        """Take our labels off; the nodes go with their machines."""
        async with _at(inputs, "delete") as api:
            await _withdraw(api, inputs["nodes"])
        progress("labels withdrawn; the nodes stay")


@asynccontextmanager
async def _at(inputs: Props, step: str) -> AsyncIterator[Api]:
    async with connect(inputs) as api:
        with refusing(Identity("v1", "Nodes", None, inputs["name"]), step, str):
            yield api


def _path(name: str) -> str:
    return f"/api/v1/nodes/{name}"


async def _nodes(api: Api, names: Mapping[str, object]) -> Found:
    """Each node, None where it has not joined."""
    places = asyncio.Semaphore(AT_A_TIME)

    async def one(name: str) -> Json | None:
        async with places:
            return await api.find(_path(name))

    return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))


def _off(declared: Mapping[str, str], node: Json) -> dict[str, str | None]:
    """Labels that are not as declared, with what is there."""
    held = node["metadata"].get("labels") or {}
    return {key: held.get(key) for key, value in declared.items() if held.get(key) != value}


async def _label(api: Api, inputs: Props, found: Found) -> bool:
    """Apply the labels where they differ, and where we hold some that are not declared any more.

    :returns: whether any were sent; then the nodes are to be looked at again.
    :raises WorldRefused: another manager holds one of them.
    """
    declared: Mapping[str, Mapping[str, str]] = inputs["nodes"]
    wrote = False
    for name, node in found.items():
        if node is None or not (_off(declared[name], node) or _ours(node) - set(declared[name])):
            continue
        which = Identity("v1", "Node", None, name)
        wanted = which.bare(node["metadata"]["uid"])
        wanted["metadata"]["labels"] = dict(declared[name])
        wrote = True
        with refusing(which, "label", str):
            try:
                await api.apply(_path(name), wanted, MANAGER, force=bool(inputs.get("force")))
            except Said as said:
                if said.code != 409 or conflicts(said):
                    raise  # otherwise it left meanwhile, which the next look shows
    return wrote


def _ours(node: Json) -> set[str]:
    """The label keys that we hold on a node."""
    return {
        key[2:]
        for entry in node["metadata"].get("managedFields") or ()
        if entry.get("manager") == MANAGER
        for key in ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get("f:labels") or {}
        if key != "."
    }


async def _withdraw(api: Api, names: Mapping[str, object] | set[str]) -> None:
    for name in names:
        node = await api.find(_path(name))
        if node is None or not _ours(node):
            continue
        which = Identity("v1", "Node", None, name)
        try:
            await api.apply(_path(name), which.bare(node["metadata"]["uid"]), MANAGER, force=True)
        except Said as said:
            if said.code not in (404, 409):  # gone meanwhile, or another one by now
                raise


def _unready(name: str, node: Json | None, inputs: Props) -> list[str]:
    if node is None:
        return [f"{name}: has not joined"]
    if not inputs.get("network", True):
        return []
    return [f"{name}: {line}" for line in waiting.unmet(node, ["Ready"])]


def _some(lines: list[str]) -> str:
    more = f"; and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return "; ".join(lines[:SHOWN]) + more


async def _observed(api: Api, inputs: Props, found: Found) -> Observed:
    lines = []
    for name, node in found.items():
        lines += _unready(name, node, inputs)
        if node is not None:
            off = {"labels": _off(inputs["nodes"][name], node)}
            want = {"labels": {key: inputs["nodes"][name][key] for key in off["labels"]}}
            lines += [f"{name}: {line}" for line in drift.differences(off, want)]
    inside = {key: value for key, value in inputs.items() if key != "drift"}
    if lines:
        inside["drift"] = lines
    version = (await api.get("/version")).get("gitVersion", "")
    return Observed(inputs["name"], inside, {"ready": _ready(found), "version": version})


def _ready(found: Found) -> int:
    return sum(node is not None and not waiting.unmet(node, ["Ready"]) for node in found.values())
