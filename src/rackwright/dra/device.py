"""Devices and ResourceSlices (resource.k8s.io/v1), as a driver publishes them for one node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
PCIE_ROOT = "resource.kubernetes.io/pcieRoot"
PCI_BUS_ID = "resource.kubernetes.io/pciBusID"
NUMA_NODE = "resource.kubernetes.io/numaNode"
API = "resource.k8s.io/v1"
MOST_DEVICES, MOST_COUNTED, MOST_SETS = 128, 64, 8
"""Devices in a slice, those that consume counters, counter sets in a slice: the API server takes no more
(https://kubernetes.io/docs/reference/kubernetes-api/resource/resource-slice-v1/)."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version attribute: numbers without leading zeros, as semantic versions have them.

    >>> Version("580.159.03").text
    '580.159.3'
    """

    said: str

    @property
    def text(self) -> str:
        parts = [*self.said.split("-")[0].split("."), "0", "0"][:3]
        return ".".join(str(int(part)) for part in parts)


Value = str | int | bool | Version


@dataclass(frozen=True, slots=True)
class Device:
    """One device. ``name`` is None where nothing in the design says what the driver will call it."""

    name: str | None
    attributes: Mapping[str, Value]
    capacity: Mapping[str, str] = field(default_factory=dict)
    consumes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Counters of 1 by counter set."""

    def plain(self) -> Json:
        """As it stands in a slice; attributes sorted as the API server returns them."""
        made: Json = {} if self.name is None else {"name": self.name}
        made["attributes"] = {key: _value(self.attributes[key]) for key in sorted(self.attributes)}
        if self.capacity:
            made["capacity"] = {key: {"value": self.capacity[key]} for key in sorted(self.capacity)}
        if self.consumes:
            made["consumesCounters"] = [
                {"counterSet": of, "counters": _ones(names)} for of, names in self.consumes.items()
            ]
        return made


@dataclass(frozen=True, slots=True)
class Pool:
    """All devices of one driver on one node."""

    driver: str
    devices: tuple[Device, ...]
    counters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Counter sets of the pool: counters of 1 by set."""

    def slices(self, node: str) -> list[Json]:
        """The pool as ResourceSlices. Counter sets have slices of their own: the API server refuses them
        beside devices."""
        most = MOST_COUNTED if self.counters else MOST_DEVICES
        bodies: list[Json] = [
            {"sharedCounters": [{"name": name, "counters": _ones(self.counters[name])} for name in names]}
            for names in _cut(list(self.counters), MOST_SETS)
        ]
        bodies += [{"devices": [device.plain() for device in part]} for part in _cut(self.devices, most)]
        return [
            {
                "apiVersion": API,
                "kind": "ResourceSlice",
                "metadata": {"name": f"{node}-{self.driver}-{number}"},
                "spec": {
                    "driver": self.driver,
                    "nodeName": node,
                    "pool": {"name": node, "generation": 1, "resourceSliceCount": len(bodies)},
                    **body,
                },
            }
            for number, body in enumerate(bodies)
        ]


def _value(value: Value) -> Json:
    if isinstance(value, Version):
        return {"version": value.text}
    kind = "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "string"
    return {kind: value}


def _ones(names: Iterable[str]) -> Json:
    return {name: {"value": "1"} for name in names}


def _cut(items: Sequence[Any], most: int) -> list[Sequence[Any]]:
    return [items[at : at + most] for at in range(0, len(items), most)]
