"""Clusters for tests: a small one that every test may bend, and the catalog with rows of its own."""

from __future__ import annotations

import copy
import dataclasses
from functools import lru_cache
from typing import Any

from rackwright.design.build import design
from rackwright.load.catalog import tables as read_tables
from rackwright.models.design import Design
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables
from rackwright.paths import home

LAB: dict[str, Any] = {
    "cluster": "test",
    "machines": {
        "gpu": {"sku": "dgx-h100", "count": 4, "rails": 4, "unit_size": 4},
        "control": {"sku": "generic-1u", "count": 1, "role": "control-plane"},
        "storage": {"sku": "generic-nvme", "count": 2, "role": "storage"},
    },
    "fabrics": {
        "backend": {
            "kind": "roce",
            "switch": "sn5600",
            "nos": "frr",
            "topology": "rail-optimised",
            "spines": 2,
            "uplink_split": 1,
        },
        "frontend": {
            "kind": "ethernet",
            "switch": "sn4600c",
            "nos": "frr",
            "topology": "leaf-spine",
            "oversubscription": "4:1",
            "hosts_per_leaf": 8,
            "spines": 2,
        },
        "oob": {"kind": "ethernet", "switch": "sn2201", "nos": "frr", "topology": "tree"},
    },
    "planes": {
        "compute": {"fabric": "backend", "prefix": "10.64.0.0/12"},
        "storage": {"fabric": "frontend", "prefix": "10.80.0.0/14"},
        "business": {"fabric": "frontend", "prefix": "10.96.0.0/14"},
        "management": {"fabric": "oob", "prefix": "10.112.0.0/16"},
    },
}


@lru_cache
def tables() -> Tables:
    """The product's catalog and, made up, a server like a DGX H100 whose NICs divide into four ports."""
    known = read_tables(home())
    nic = dataclasses.replace(known.nics["connectx-7-400g"], name="nic-4", port_splits=(1, 2, 4))
    dgx = known.servers["dgx-h100"]
    slots = tuple(
        dataclasses.replace(slot, nic="nic-4") if slot.plane == "compute" else slot for slot in dgx.nics
    )
    divided = dataclasses.replace(dgx, name="divided", nics=slots)
    return dataclasses.replace(
        known,
        nics={**known.nics, "nic-4": nic},
        servers={**known.servers, "divided": divided},
    )


def bent(**changes: Any) -> dict[str, Any]:
    """The small cluster with dotted keys changed (``__`` for a dot); None takes a key away.

    >>> bent(machines__gpu__count=8)["machines"]["gpu"]["count"]
    8
    """
    data = copy.deepcopy(LAB)
    for path, value in changes.items():
        *folders, last = path.split("__")
        part = data
        for folder in folders:
            part = part.setdefault(folder, {})
        if value is None:
            part.pop(last, None)
        else:
            part[last] = value
    return data


def spec(**changes: Any) -> ClusterSpec:
    return ClusterSpec.model_validate(bent(**changes))


def made(**changes: Any) -> Design:
    """The design of the small cluster, bent."""
    return design(spec(**changes), tables())
