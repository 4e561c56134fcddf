"""Manifest: one Kubernetes object, as stack programs declare it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from rackwright.kube.options import MANAGER, WAIT_SECONDS
from rackwright.provider.sdk import Noun


@dataclass(frozen=True)
class ManifestArgs:
    """Inputs of a manifest; what each means: :class:`rackwright.resources.manifest.ManifestHandler`."""

    site: Mapping[str, str]
    access: Mapping[str, str]
    object: Mapping[str, Any]
    values: Mapping[str, str] = field(default_factory=dict)
    manager: str = MANAGER
    force: bool = False
    shared: bool = False
    optional: bool = False
    wait: Sequence[str] = ()
    timeout: int = WAIT_SECONDS


class Manifest(Noun):
    """One object; ``applied`` is False where an optional manifest's kind is not served."""

    kind = "rackwright:platform:Manifest"
    outputs = ("uid", "applied")
    uid: pulumi.Output[str]
    applied: pulumi.Output[bool]
