"""Filling: a cluster file's data while what it leaves out is filled in. They may be wrong in any way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rackwright.load.catalog import PLANES
from rackwright.load.defaults import NAMES, USES, Use
from rackwright.load.plain import Document, Place
from rackwright.load.prefixes import Room
from rackwright.models.choice import Choice
from rackwright.models.spec import PlaneName
from rackwright.models.tables import NicSlot, ServerSku, Tables

Data = dict[str, Any]


@dataclass(slots=True)
class Filled:
    """The file's data with every choice filled in; the document's own data stay as they are."""

    data: Any
    choices: list[Choice] = field(default_factory=list)
    rooms: dict[PlaneName, Room] = field(default_factory=dict)
    """Where a chosen prefix may grow to, by plane."""
    pods: Room | None = None
    """The same of the pods' prefix, where it was chosen."""


@dataclass(slots=True)
class Filling:
    """The document, the catalog, and what is filled in so far."""

    doc: Document
    tables: Tables
    filled: Filled

    def parts(self, section: str) -> dict[str, Data]:
        """The parts of a section that are mappings; empty where the section is none."""
        raw = self.filled.data.get(section)
        items = raw.items() if isinstance(raw, dict) else ()
        return {name: part for name, part in items if isinstance(part, dict)}

    def choose(self, section: str, name: str, key: str, value: str | int, because: str) -> None:
        """Fill one key of a part in."""
        self.filled.data[section][name][key] = value
        self.note((section, name, key), value, because)

    def note(self, path: tuple[str, ...], value: str | int, because: str) -> None:
        """Remember a choice. Errors about it stand at its parent and say that the value was chosen."""
        self.filled.choices.append(Choice(path, value, because))
        near = self.doc.place(path)
        self.doc.places[path] = Place(near.key, near.key, f"{value} (chosen)", near.trapped)

    def use(self, name: str, body: Data) -> Use | None:
        """What a fabric is for: as its planes say, else its topology, its name, its kind."""
        uses = self.uses(name)
        by_plane = next((use for use in NAMES if use in uses), None)
        by_topology: dict[object, Use] = {"tree": "management", "rail-optimised": "compute"}
        by_name: dict[str, Use] = {label: use for use, label in NAMES.items()}
        by_kind: dict[object, Use] = {"roce": "compute", "infiniband": "compute", "ethernet": "shared"}
        topology, kind = str(body.get("topology")), str(body.get("kind"))
        return by_plane or by_topology.get(topology) or by_name.get(name) or by_kind.get(kind)

    def uses(self, fabric: str) -> set[Use]:
        """What the planes on a fabric use it for."""
        planes = self.parts("planes")
        return {USES[name] for name in PLANES if name in planes and planes[name].get("fabric") == fabric}

    def skus(self) -> list[ServerSku]:
        """Server models of this file that the catalog knows."""
        names = {str(group.get("sku")) for group in self.parts("machines").values()}
        return [sku for name, sku in sorted(self.tables.servers.items()) if name in names]

    def slots(self, use: Use) -> list[NicSlot]:
        """Ports that servers of this file have for a use."""
        return [slot for sku in self.skus() for slot in sku.nics if slot.plane and USES[slot.plane] == use]

    def speed(self, use: Use, nic_ports: object) -> int:
        """Fastest port, in Gb/s, that a server has on a fabric of this use; 0 where none is known."""
        fast = max((self.tables.nics[slot.nic].speed_gbps for slot in self.slots(use)), default=0)
        several = nic_ports if use == "compute" and isinstance(nic_ports, int) and nic_ports > 0 else 1
        return fast // several
