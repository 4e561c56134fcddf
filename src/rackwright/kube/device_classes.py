"""DeviceClasses (``catalog/device-classes.yaml``): how pods ask for the devices that a cluster has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from rackwright.load.rows import Source
from rackwright.locks.named import named
from rackwright.models.spec import Strict
from rackwright.paths import home

API = "resource.k8s.io/v1"
Devices = Literal["nvidia", "amd", "rdma"]
ExtendedResource = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+/[a-z0-9.-]+$")]


class DeviceClass(Strict):
    """One row of ``catalog/device-classes.yaml``."""

    devices: Devices
    """Where the class is declared: GPUs of this vendor, or NICs with RDMA."""
    expression: str
    """CEL; which devices belong to it."""
    extended_resource: ExtendedResource | None = None
    """Also had by this name in ``resources.limits`` (Kubernetes 1.36 and newer)."""
    why: str
    source: Source


def table() -> Mapping[str, DeviceClass]:
    """
    :raises BadInput: the table is wrong.
    """
    return named(home() / "catalog" / "device-classes.yaml", DeviceClass)


def manifests(devices: Collection[Devices]) -> list[dict[str, Any]]:
    """The classes of the devices that there are.

    >>> [each["metadata"]["name"] for each in manifests({"nvidia"})]
    ['gpu.nvidia.com', 'mig.nvidia.com']
    """
    return [
        manifest(name, row.expression, row.extended_resource)
        for name, row in table().items()
        if row.devices in devices
    ]


def manifest(name: str, expression: str, extended_resource: str | None = None) -> dict[str, Any]:
    """One class as an object."""
    spec: dict[str, Any] = {"selectors": [{"cel": {"expression": expression}}]}
    if extended_resource:
        spec["extendedResourceName"] = extended_resource
    return {"apiVersion": API, "kind": "DeviceClass", "metadata": {"name": name}, "spec": spec}
