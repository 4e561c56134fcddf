"""A lab's inputs, worked out once: the design, the wiring as it is plugged now, and where the lab lives."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from rackwright import paths
from rackwright.design.build import design
from rackwright.lab.bmc.settings import BmcSettings
from rackwright.lab.place import Place, known
from rackwright.lab.wiring import BMC_PORT, Wiring
from rackwright.load.cluster import load
from rackwright.models.design import Design, Server
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables


@dataclass(frozen=True, slots=True)
class World:
    """What a lab is built from."""

    place: Place
    cluster_file: Path
    spec: ClusterSpec
    tables: Tables
    design: Design
    wiring: Wiring
    state: Path
    cache: Path

    def bmcs(self) -> tuple[BmcSettings, ...]:
        return tuple(self._bmc(server) for server in self.design.servers)

    def _nodes(self) -> frozenset[str]:
        """Servers that are nodes of a Kubernetes cluster."""
        made = self.design.kubernetes
        return frozenset(node.name for node in made.nodes) if made else frozenset()

    def _bmc(self, server: Server) -> BmcSettings:
        identity = uuid.uuid5(uuid.NAMESPACE_DNS, f"{server.name}.{self.design.name}.lab.rackwright")
        serial = server.bmc.serial or f"SIM{identity.int % 10**10:010d}"
        nics = tuple((slot, self.wiring.mac(server.name, slot)) for slot in self.wiring.slots(server))
        return BmcSettings(
            server=server.name,
            uuid=str(identity),
            serial=serial,
            model=server.sku,
            address=server.bmc.address.ip,
            nics=nics,
            brick=server.role == "storage",
            node=server.name in self._nodes(),
        )

    def pins(self) -> dict[str, tuple[str, ...]]:
        """Management addresses by device, for known_hosts."""
        found: dict[str, tuple[str, ...]] = {
            switch.name: (switch.management.ip,) for switch in self.design.switches
        }
        return found | {server.name: (server.management.address.ip,) for server in self.design.servers}


def world(cluster: str) -> World:
    """Load and design a cluster for the lab.

    :raises BadInput: the cluster file has mistakes.
    """
    path, spec, tables = load(cluster)
    built = design(spec, tables)
    place = Place(built.name)
    state, cache = paths.state_dir(built.name), paths.cache_dir()
    return World(place, path, spec, tables, built, Wiring(place, built, tables), state, cache)


def place_of(cluster: str) -> Place:
    """The lab of a cluster, given its name or a path; a bare name of a lab that is there needs no cluster
    file.
    """
    for place in known():
        if place.name == cluster:
            return place
    _, spec, _ = load(cluster)
    return Place(spec.cluster)


__all__ = ["BMC_PORT", "World", "place_of", "world"]
