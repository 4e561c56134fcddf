"""Kubernetes: the cluster on the servers: each node joined, Ready, labelled by its place in the fabric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from rackwright.provider.sdk import Component, Noun

READY_SECONDS = 300
"""From the end of the roles to Ready. A server that is away costs every `up` this long."""


@dataclass(frozen=True)
class NodesArgs:
    """Inputs of the nodes of one unit."""

    site: Mapping[str, str]
    access: Mapping[str, str]
    name: str
    nodes: Mapping[str, Mapping[str, str]]
    timeout: int = READY_SECONDS
    network: bool = True


class Nodes(Noun):
    """The servers of one unit as nodes."""

    kind = "rackwright:platform:Nodes"
    outputs = ("ready", "version")
    ready: pulumi.Output[int]
    version: pulumi.Output[str]


@dataclass(frozen=True)
class KubernetesArgs:
    """Nodes with their labels, by unit."""

    units: Mapping[str, Mapping[str, Mapping[str, str]]]
    ways_in: Mapping[str, Any]
    network: bool = True
    """Pods' network is there before the nodes; without it nobody waits for Ready."""


class Kubernetes(Component):
    """The cluster. ``kubeconfig`` is the reference that leads to it, never what it holds."""

    kind = "rackwright:platform:Kubernetes"

    def __init__(self, name: str, args: KubernetesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.kubeconfig: str = args.ways_in["access"]["kubeconfig"]
        self.nodes = [
            Nodes(
                f"nodes-{unit}",
                NodesArgs(**args.ways_in, name=unit, nodes=nodes, network=args.network),
                self.child(),
            )
            for unit, nodes in args.units.items()
        ]
        self.register_outputs({"kubeconfig": self.kubeconfig, "nodes": sum(map(len, args.units.values()))})
