"""Forms: the rendered labels and topologies as objects again, for who applies them: a stack, or a role."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml

FORMS = {"kueue": "kueue.yaml", "kai": "kai.yaml", "volcano": "volcano-hypernodes.yaml"}
"""Scheduler to its rendered file below ``scheduler/``."""


def objects(site: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The topology of each scheduler, as objects."""
    return {
        scheduler: list(yaml.load_all(site[f"scheduler/{name}"], Loader=yaml.CSafeLoader))
        for scheduler, name in FORMS.items()
        if f"scheduler/{name}" in site
    }


def labels(site: Mapping[str, str]) -> Mapping[str, dict[str, str]]:
    """Labels by server."""
    return _labels(site["scheduler/node-labels.yaml"])


@lru_cache(maxsize=2)
def _labels(text: str) -> Mapping[str, dict[str, str]]:
    """Read once for all servers of a cluster."""
    nodes = yaml.load_all(text, Loader=yaml.CSafeLoader)
    return {node["metadata"]["name"]: node["metadata"]["labels"] for node in nodes}
