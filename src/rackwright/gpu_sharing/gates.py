"""Gates of NVIDIA's DRA driver: which there are, which are on by themselves, what they stand on."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.load.rows import Source
from rackwright.locks.named import named
from rackwright.models.strict import Strict
from rackwright.paths import home


class Gate(Strict):
    """One gate of the driver."""

    default: bool = False
    """On unless it is switched off."""
    kubernetes: str | None = None
    """Feature of Kubernetes that it stands on, a row of ``catalog/kubernetes-features.yaml``."""
    source: Source


def gates() -> Mapping[str, Gate]:
    """Every gate by name.

    >>> gates()["DynamicMIG"].kubernetes
    'DRAPartitionableDevices'
    """
    return named(home() / "catalog" / "dra-gates.yaml", Gate)
