"""Intent: fill in what a cluster file leaves out, and remember why. Runs before validation, on data that
may be wrong in any way: what cannot be understood is left for validation to report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rackwright.load.catalog import PLANES
from rackwright.load.defaults import (
    KINDS,
    NAMES,
    PARALLEL_GBPS,
    SWITCHES,
    TOPOLOGIES,
    USES,
    VENDOR_NOS,
    WHITE_BOX_NOS,
    Use,
)
from rackwright.load.plain import Document, Place
from rackwright.load.prefixes import Room, place_prefixes
from rackwright.models.choice import Choice
from rackwright.models.spec import Physical, PlaneName
from rackwright.models.tables import NicSlot, ServerSku, Tables

Data = dict[str, Any]
_MOST = 200_000
"""Servers in a group (the model's limit)."""


@dataclass(slots=True)
class Filled:
    """The file's data with every choice filled in; the document's own data stay as they are."""

    data: Any
    choices: list[Choice] = field(default_factory=list)
    rooms: dict[PlaneName, Room] = field(default_factory=dict)
    """Where a chosen prefix may grow to, by plane."""


def fill(doc: Document, tables: Tables) -> Filled:
    """Choose what is left out. What contradicts itself (count beside gpus) is reported in ``doc``."""
    if not isinstance(doc.data, dict):
        return Filled(doc.data)
    filled = Filled({**doc.data})
    for section in ("machines", "fabrics", "planes"):
        raw = filled.data.get(section, {} if section != "machines" else None)
        if isinstance(raw, dict):
            filled.data[section] = {
                name: {**part} if isinstance(part, dict) else part for name, part in raw.items()
            }
    chooser = _Chooser(doc, tables, filled)
    chooser.machines()
    chooser.room()
    chooser.planes()
    chooser.fabrics()
    chooser.prefixes()
    return filled


@dataclass(slots=True)
class _Chooser:
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

    def room(self) -> None:
        """Power of a rack where one rack-scale system needs more than the usual rack has."""
        room = self.filled.data.get("physical", {})
        if not isinstance(room, dict) or "rack_power_kw" in room:
            return
        watts = {
            sku.name: (sku.power_w or 0) * sku.nvlink_servers + (sku.nvlink_extra_power_w or 0)
            for sku in self.skus()
        }
        hot = max(watts, key=lambda name: watts[name], default=None)
        usual: int = Physical.model_fields["rack_power_kw"].default
        if hot is None or watts[hot] <= usual * 1000:
            return
        kilowatts = -(-watts[hot] // 1000)
        self.filled.data["physical"] = {**room, "rack_power_kw": kilowatts}
        self.note(("physical", "rack_power_kw"), kilowatts, f"{hot} draws so much in one rack")

    def machines(self) -> None:
        """``gpus`` to ``count``: exactly one of them stands in the file."""
        for name, group in self.parts("machines").items():
            path = ("machines", name, "gpus")
            if "gpus" not in group:
                if "count" not in group:
                    self.doc.say(("machines", name, "count"), "the key count, or gpus", found="nothing")
                continue
            if "count" in group:
                self.doc.say(path, "either count or gpus", "take one away", found="both", at_key=True)
                continue
            wanted, sku = group["gpus"], self.tables.servers.get(str(group.get("sku")))
            if sku is None or not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 1:
                continue
            if not sku.gpus:
                self.doc.say(path, "the key count", f"{sku.name} has no GPUs", found="gpus", at_key=True)
                continue
            count = -(-wanted // sku.gpus)
            if count > _MOST:
                self.doc.say(path, f"at most {_MOST * sku.gpus}", f"that is {_MOST} servers of {sku.name}")
                continue
            because = f"{wanted} GPUs at {sku.gpus} in each {sku.name}"
            if count * sku.gpus > wanted:
                because += f"; {count * sku.gpus - wanted} more than asked"
            self.choose("machines", name, "count", count, because)

    def planes(self) -> None:
        """Every plane, each on a fabric; a fabric that no plane has and that is needed is made."""
        section = self.filled.data.get("planes")
        if not isinstance(section, dict):
            return
        for plane in PLANES:
            if plane not in section:
                section[plane] = {}
        fabrics = self.filled.data.get("fabrics")
        for plane in PLANES:
            if not isinstance(section[plane], dict) or "fabric" in section[plane]:
                continue
            use = USES[plane]
            fits = [name for name, body in self.parts("fabrics").items() if self.use(name, body) == use]
            name = NAMES[use] if NAMES[use] in fits or not fits else min(fits)
            because = f"it is there for {'storage and business' if use == 'shared' else use}"
            if not fits and isinstance(fabrics, dict):
                if name in fabrics:
                    continue  # taken by a fabric of another use: the key is missing, and load says so
                fabrics[name] = {}
                because = f"no fabric is there for {plane}, so one is made"
            self.choose("planes", plane, "fabric", name, because)

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

    def fabrics(self) -> None:
        """Kind, topology, switch, NOS; and two ports of a NIC on two fabric planes where that is the rule."""
        for name, body in self.parts("fabrics").items():
            known = self.use(name, body)
            use: Use = known or "shared"
            if "kind" not in body and known is not None:
                self.choose("fabrics", name, "kind", *KINDS[use])
            if "topology" not in body:
                if {"compute", "shared"} <= self.uses(name):
                    self.choose("fabrics", name, "topology", "leaf-spine", "compute shares it with others")
                else:
                    self.choose("fabrics", name, "topology", *TOPOLOGIES[use])
            if "switch" not in body:
                if (use, body.get("kind")) == ("compute", "roce"):
                    self.divide(name, body)
                self.switch(name, body, use)
                self.spine_groups(name, body)
            if "nos" not in body:
                self.nos(name, body)

    def divide(self, name: str, body: Data) -> None:
        """Two fabric planes where every compute NIC is fast and can be divided."""
        nics = [self.tables.nics[slot.nic] for slot in self.slots("compute")]
        if {"homing", "nic_ports"} & set(body) or not nics:
            return
        if all(nic.speed_gbps >= PARALLEL_GBPS and 2 in nic.port_splits for nic in nics):
            fast = f"{max(nic.speed_gbps for nic in nics)}G NICs can be divided"
            because = f"{fast}: two fabric planes carry twice the servers in as many tiers"
            self.choose("fabrics", name, "homing", "parallel", because)
            self.choose("fabrics", name, "nic_ports", 2, "a port of each NIC for each fabric plane")

    def switch(self, name: str, body: Data, use: Use) -> None:
        """By kind and by the speed of a NIC's port."""
        kinds = {rule.kind for rule in SWITCHES if rule.use == use}
        given = str(body.get("kind"))
        kind = next((kind for kind in sorted(kinds) if kind == given), KINDS[use][0])
        speed = self.speed(use, body.get("nic_ports"))
        rules = [rule for rule in SWITCHES if (rule.use, rule.kind) == (use, kind)]
        rule = next((rule for rule in rules if speed <= rule.up_to_gbps), rules[-1])
        fast = f" and its NICs' ports run at {speed}G" if use == "compute" and speed else ""
        self.choose("fabrics", name, "switch", rule.switch, f"it is {kind}{fast}: {rule.words}")

    def spine_groups(self, name: str, body: Data) -> None:
        """Spines for each rail where NVLink joins the rails inside a rack."""
        if body["topology"] == "rail-optimised" and "spine_groups" not in body:
            for sku in self.skus():
                if sku.nvlink_servers > 1:
                    because = f"NVLink joins the rails of {sku.name} inside a rack of {sku.nvlink_servers}"
                    self.choose("fabrics", name, "spine_groups", "rail", because)
                    return

    def nos(self, name: str, body: Data) -> None:
        if body.get("kind") == "infiniband":
            self.choose("fabrics", name, "nos", "opensm", "a subnet manager runs an InfiniBand fabric")
            return
        model = self.tables.switches.get(str(body.get("switch")))
        maker = model.vendor if model else "NVIDIA"
        nos = VENDOR_NOS.get(maker, WHITE_BOX_NOS)
        self.choose("fabrics", name, "nos", nos, f"{body.get('switch')} is made by {maker}")

    def speed(self, use: Use, nic_ports: object) -> int:
        """Fastest port, in Gb/s, that a server has on a fabric of this use; 0 where none is known."""
        fast = max((self.tables.nics[slot.nic].speed_gbps for slot in self.slots(use)), default=0)
        several = nic_ports if use == "compute" and isinstance(nic_ports, int) and nic_ports > 0 else 1
        return fast // several

    def skus(self) -> list[ServerSku]:
        """Server models of this file that the catalog knows."""
        names = {str(group.get("sku")) for group in self.parts("machines").values()}
        return [sku for name, sku in sorted(self.tables.servers.items()) if name in names]

    def slots(self, use: Use) -> list[NicSlot]:
        """Ports that servers of this file have for a use."""
        return [slot for sku in self.skus() for slot in sku.nics if slot.plane and USES[slot.plane] == use]

    def prefixes(self) -> None:
        """A range of addresses for each plane that has none."""
        planes = self.parts("planes")
        wanted = [plane for plane in PLANES if plane in planes and "prefix" not in planes[plane]]
        given = [str(body["prefix"]) for body in planes.values() if "prefix" in body]
        for plane, room in place_prefixes(wanted, given).items():
            self.filled.rooms[plane] = room
            self.choose("planes", plane, "prefix", room.usual, room.because)
