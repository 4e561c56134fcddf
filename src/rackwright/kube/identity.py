"""Which object: API version, kind, namespace and name, as a manifest says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """The natural key of an object.

    >>> str(Identity("resource.k8s.io/v1", "DeviceClass", None, "gpu.nvidia.com"))
    'DeviceClass gpu.nvidia.com'
    """

    api_version: str
    kind: str
    namespace: str | None
    name: str

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Identity:
        """
        >>> Identity.of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}).name
        'a'
        """
        meta = manifest["metadata"]
        return cls(manifest["apiVersion"], manifest["kind"], meta.get("namespace"), meta["name"])

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    @property
    def key(self) -> tuple[str, str, str | None, str]:
        """What stays the same when only the API version moves on."""
        return self.group, self.kind, self.namespace, self.name

    @property
    def id(self) -> str:
        """
        >>> Identity("apps/v1", "DaemonSet", "kube-system", "x").id
        'apps/DaemonSet/kube-system/x'
        """
        return "/".join((self.group or "core", self.kind, self.namespace or "-", self.name))

    def bare(self, uid: str = "") -> dict[str, Any]:
        """The manifest without a field in it; with ``uid`` it can only mean an object that is there."""
        meta: dict[str, Any] = {"name": self.name}
        if self.namespace:
            meta["namespace"] = self.namespace
        if uid:
            meta["uid"] = uid
        return {"apiVersion": self.api_version, "kind": self.kind, "metadata": meta}

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"
