"""Which kinds the server knows, and under which path. Asked each time: a CRD may have come a moment ago."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

from rackwright.errors import WorldRefused
from rackwright.kube.api import Api, Json
from rackwright.kube.identity import Identity


@dataclass(frozen=True, slots=True)
class Served:
    """A kind that the server knows."""

    root: str
    plural: str
    namespaced: bool

    def collection(self, namespace: str | None = None) -> str:
        """
        >>> Served("/apis/apps/v1", "daemonsets", True).collection("a")
        '/apis/apps/v1/namespaces/a/daemonsets'
        """
        inside = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{self.root}{inside}/{self.plural}"

    def path(self, which: Identity) -> str:
        """
        :raises WorldRefused: the object lacks a namespace, or has one that it cannot have.
        """
        if self.namespaced != bool(which.namespace):
            found = "has no metadata.namespace" if self.namespaced else f"names namespace {which.namespace}"
            scope = "a namespace" if self.namespaced else "no namespace"
            raise WorldRefused(str(which), "find", found, f"objects of kind {which.kind} live in {scope}")
        return f"{self.collection(which.namespace)}/{quote(which.name, safe=':')}"


async def find(api: Api, api_version: str, kind: str) -> Served | None:
    """The kind, None when it is not served in this version."""
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    listed = await api.find(root)
    for each in (listed or {}).get("resources", ()):
        if each["kind"] == kind and "/" not in each["name"]:
            return Served(root, each["name"], bool(each["namespaced"]))
    return None


async def find_soon(api: Api, api_version: str, kind: str, seconds: float) -> Served | None:
    """The same, with patience: a server learns of a new CRD a moment after it is established."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (found := await find(api, api_version, kind)) is None and loop.time() < end:
        await asyncio.sleep(0.5)
    return found


async def absent(api: Api, which: Identity) -> str:
    """Why a kind is not served, in words."""
    group: Json = await api.find(f"/apis/{which.group}") if which.group else None
    if group is None:
        return f"{which.api_version} {which.kind} is not served: no API group {which.group or 'core'}"
    versions = [each["groupVersion"].rpartition("/")[2] for each in group["versions"]]
    having = [
        version for version in versions if await find(api, f"{which.group}/{version}", which.kind) is not None
    ]
    found = ", ".join(having) if having else f"none of its versions {', '.join(versions)}"
    return f"{which.api_version} {which.kind} is not served; {found} of {which.group} has it"
