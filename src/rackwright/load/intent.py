"""Intent: fill in what a cluster file leaves out, and remember why. Runs before validation: what cannot be
understood is left for validation to report."""

from __future__ import annotations

from rackwright.load.catalog import PLANES
from rackwright.load.defaults import NAMES, USES
from rackwright.load.fabric_choices import choose_fabrics
from rackwright.load.filling import Filled, Filling
from rackwright.load.kubernetes_choices import choose_kubernetes
from rackwright.load.plain import Document
from rackwright.load.prefixes import place_prefixes
from rackwright.models.spec import ClusterSpec, Physical
from rackwright.models.tables import Tables

_MOST = 200_000
"""Servers in a group (the model's limit)."""


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
    file = Filling(doc, tables, filled)
    _machines(file)
    _lock(file)
    _room(file)
    _planes(file)
    choose_fabrics(file)
    _prefixes(file)
    choose_kubernetes(file)
    return filled


def _machines(file: Filling) -> None:
    """``gpus`` to ``count``: exactly one of them stands in the file."""
    for name, group in file.parts("machines").items():
        path = ("machines", name, "gpus")
        if "gpus" not in group:
            if "count" not in group:
                file.doc.say(("machines", name, "count"), "the key count, or gpus", found="nothing")
            continue
        if "count" in group:
            file.doc.say(path, "either count or gpus", "take one away", found="both", at_key=True)
            continue
        wanted, sku = group["gpus"], file.tables.servers.get(str(group.get("sku")))
        if sku is None or not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 1:
            continue
        if not sku.gpus:
            file.doc.say(path, "the key count", f"{sku.name} has no GPUs", found="gpus", at_key=True)
            continue
        count = -(-wanted // sku.gpus)
        if count > _MOST:
            file.doc.say(path, f"at most {_MOST * sku.gpus}", f"that is {_MOST} servers of {sku.name}")
            continue
        because = f"{wanted} GPUs at {sku.gpus} in each {sku.name}"
        if count * sku.gpus > wanted:
            because += f"; {count * sku.gpus - wanted} more than asked"
        file.choose("machines", name, "count", count, because)


def _lock(file: Filling) -> None:
    """The host lock for the GPUs, where the usual one is not for them."""
    usual: str = ClusterSpec.model_fields["lock"].default
    model = next((file.tables.gpus.get(sku.gpu) for sku in file.skus() if sku.gpu), None)
    if "lock" in file.filled.data or model is None or model.lock == usual:
        return
    file.filled.data["lock"] = model.lock
    file.note(("lock",), model.lock, f"it is the one for {model.product}")


def _room(file: Filling) -> None:
    """Power of a rack where one rack-scale system needs more than the usual rack has."""
    room = file.filled.data.get("physical", {})
    if not isinstance(room, dict) or "rack_power_kw" in room:
        return
    watts = {
        sku.name: (sku.power_w or 0) * sku.nvlink_servers + (sku.nvlink_extra_power_w or 0)
        for sku in file.skus()
    }
    hot = max(watts, key=lambda name: watts[name], default=None)
    usual: int = Physical.model_fields["rack_power_kw"].default
    if hot is None or watts[hot] <= usual * 1000:
        return
    kilowatts = -(-watts[hot] // 1000)
    file.filled.data["physical"] = {**room, "rack_power_kw": kilowatts}
    file.note(("physical", "rack_power_kw"), kilowatts, f"{hot} draws so much in one rack")


def _planes(file: Filling) -> None:
    """Every plane, each on a fabric; a fabric that no plane has and that is needed is made."""
    section = file.filled.data.get("planes")
    if not isinstance(section, dict):
        return
    for plane in PLANES:
        if plane not in section:
            section[plane] = {}
    fabrics = file.filled.data.get("fabrics")
    for plane in PLANES:
        if not isinstance(section[plane], dict) or "fabric" in section[plane]:
            continue
        use = USES[plane]
        fits = [name for name, body in file.parts("fabrics").items() if file.use(name, body) == use]
        name = NAMES[use] if NAMES[use] in fits or not fits else min(fits)
        because = f"it is there for {'storage and business' if use == 'shared' else use}"
        if not fits and isinstance(fabrics, dict):
            if name in fabrics:
                continue  # taken by a fabric of another use: the key is missing, and load says so
            fabrics[name] = {}
            because = f"no fabric is there for {plane}, so one is made"
        file.choose("planes", plane, "fabric", name, because)


def _prefixes(file: Filling) -> None:
    """A range of addresses for each plane that has none."""
    planes = file.parts("planes")
    wanted = [plane for plane in PLANES if plane in planes and "prefix" not in planes[plane]]
    given = [str(body["prefix"]) for body in planes.values() if "prefix" in body]
    for plane, room in place_prefixes(wanted, given).items():
        file.filled.rooms[plane] = room
        file.choose("planes", plane, "prefix", room.usual, room.because)
