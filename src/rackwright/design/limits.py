"""Limits of the room: devices that no rack can carry, rows and sites that draw too much."""

from __future__ import annotations

from collections.abc import Iterable

from rackwright.errors import Shortage
from rackwright.models.design import Rack
from rackwright.models.spec import ClusterSpec, Physical
from rackwright.models.tables import ServerSku, SwitchModel, Tables


def device_shortages(spec: ClusterSpec, tables: Tables) -> list[Shortage]:
    """Each limit of a rack that a model in use breaks on its own, with the largest offender."""
    models: list[ServerSku | SwitchModel] = [
        tables.servers[sku] for sku in sorted({group.sku for group in spec.machines.values()})
    ]
    models += [tables.switches[name] for name in sorted({row.switch for row in spec.fabrics.values()})]
    room = spec.physical
    needs = [(_together(model), model.name) for model in models]
    found = []
    units, tall = max((units, name) for (units, _, _), name in needs)
    if units > room.rack_units:
        found.append(_short("rack_units", f"{room.rack_units}", f"at least {units}", tall))
    watts, hot = max((watts, name) for (_, watts, _), name in needs)
    if watts > room.rack_power_kw * 1000:
        found.append(_short("rack_power_kw", f"{room.rack_power_kw}", f"at least {-(-watts // 1000)}", hot))
    weight, heavy = max((weight, name) for (_, _, weight), name in needs)
    if room.rack_weight_kg is not None and weight > room.rack_weight_kg:
        found.append(_short("rack_weight_kg", f"{room.rack_weight_kg}", f"at least {weight}", heavy))
    wet = [model.name for model in models if model.cooling == "liquid"]
    if wet and room.cooling == "air":
        hint = f"{', '.join(wet)} is cooled by liquid"
        found.append(Shortage(("physical", "cooling"), "air", "liquid", hint))
    return found + _split_domains(spec, tables)


def _split_domains(spec: ClusterSpec, tables: Tables) -> list[Shortage]:
    """Units that would cut an NVLink domain, which is a rack, in two."""
    found = []
    for name, group in sorted(spec.machines.items()):
        trays = tables.servers[group.sku].nvlink_servers
        if group.role == "gpu" and group.unit_size is not None and group.unit_size % trays:
            hint = f"{trays} {group.sku} are one NVLink domain and fill a rack"
            path = ("machines", name, "unit_size")
            found.append(Shortage(path, f"{group.unit_size}", f"a multiple of {trays}", hint))
    return found


def _together(model: ServerSku | SwitchModel) -> tuple[int, int, int]:
    """(units, watts, kilograms) that must stand in one rack; unknown figures count nothing."""
    power, weight = model.power_w or 0, model.weight_kg or 0
    if isinstance(model, SwitchModel) or model.nvlink_servers == 1:
        return model.rack_units, power, weight
    trays = model.nvlink_servers
    return (
        trays * model.rack_units + model.nvlink_extra_units,
        trays * power + (model.nvlink_extra_power_w or 0),
        trays * weight,
    )


def _short(key: str, found: str, expected: str, model: str) -> Shortage:
    return Shortage(("physical", key), found, expected, f"{model} needs it in one rack")


def site_shortages(spec: ClusterSpec, tables: Tables) -> list[Shortage]:
    """Rows and the site against their limits. It takes the whole design, so it is made only where a limit is
    set; nothing else may be short."""
    room = spec.physical
    if room.row_power_kw is None and room.site_power_kw is None:
        return []
    from rackwright.design.build import design  # which calls power_shortages itself

    free = room.model_copy(update={"row_power_kw": None, "site_power_kw": None})
    return power_shortages(design(spec.model_copy(update={"physical": free}), tables).racks, room)


def power_shortages(racks: Iterable[Rack], room: Physical) -> list[Shortage]:
    """Rows and the site against their limits; what has no public figure counts nothing (the plan says so)."""
    racks, found = tuple(racks), []
    if room.row_power_kw is not None:
        rows: dict[str, int] = {}
        for rack in racks:
            rows[rack.row] = rows.get(rack.row, 0) + (rack.power_w or 0)
        over = {row: watts for row, watts in rows.items() if watts > room.row_power_kw * 1000}
        if over:
            row, watts = max(over.items(), key=lambda pair: (pair[1], pair[0]))
            hint = f"row {row} draws it" + (f", {len(over)} rows are over" if len(over) > 1 else "")
            least = f"at least {-(-watts // 1000)}"
            found.append(Shortage(("physical", "row_power_kw"), f"{room.row_power_kw}", least, hint))
    watts = _total(rack.power_w for rack in racks)
    if room.site_power_kw is not None and watts > room.site_power_kw * 1000:
        least = f"at least {-(-watts // 1000)}"
        hint = "the sum of the known figures"
        found.append(Shortage(("physical", "site_power_kw"), f"{room.site_power_kw}", least, hint))
    return found


def _total(figures: Iterable[int | None]) -> int:
    return sum(figure for figure in figures if figure is not None)
