"""The catalog and the plane files as Tables. They are ours, yet read as strictly as what people write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from rackwright.errors import BadInput, Problem
from rackwright.load.explain import explain
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document, limited, open_document
from rackwright.load.rows import GpuRow, NicRow, OpticsFile, PlaneFile, ServerRow, SwitchRow
from rackwright.models.qos import RoceDefaults
from rackwright.models.spec import PlaneName, Strict
from rackwright.models.tables import (
    CableModel,
    FibreModel,
    GpuModel,
    GpuSlot,
    Host,
    ModuleModel,
    NicModel,
    NicSlot,
    PlaneTable,
    ServerSku,
    SwitchModel,
    Tables,
)

PLANES: tuple[PlaneName, ...] = ("compute", "storage", "business", "management")
_Row = TypeVar("_Row", bound=Strict)
_Made = TypeVar("_Made")


def tables(home: Path) -> Tables:
    """All tables below a checkout, without assets. Read once for each state of the files.

    :raises BadInput: with the place of every wrong row.
    """
    return _tables(home, _stamp(home))


def _stamp(home: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of the files, so that an edited table is read again."""
    files = [
        *(home / "catalog").glob("*.yaml"),
        *(home / "catalog" / "locks").glob("*.yaml"),
        *(home / "network-planes").glob("*.yaml"),
    ]
    return tuple(sorted((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=4)
def _tables(home: Path, stamp: tuple[tuple[str, int, int], ...]) -> Tables:
    del stamp  # part of the cache's key only
    problems: list[Problem] = []
    folder = home / "catalog"
    gpus = _named(folder / "gpus.yaml", GpuRow, _gpu, problems)
    nics = _named(folder / "nics.yaml", NicRow, _nic, problems)
    servers = _named(folder / "servers.yaml", ServerRow, _server, problems)
    switches = _named(folder / "switches.yaml", SwitchRow, _switch, problems)
    optics = _optics(folder / "optics.yaml", problems)
    planes = {name: _plane(home / "network-planes" / f"{name}.yaml", name, problems) for name in PLANES}
    if not problems:
        _references(folder / "servers.yaml", servers, gpus, nics, problems)
    if problems:
        raise BadInput(limited(problems))
    locks = tuple(sorted(file.stem for file in (folder / "locks").glob("*.yaml")))
    return Tables(
        servers,
        gpus,
        nics,
        switches,
        optics.cables,
        {name: plane for name, plane in planes.items() if plane},
        locks,
        modules=optics.modules,
        fibres=optics.fibres,
    )


def _named(
    path: Path, model: type[_Row], make: Callable[[str, _Row], _Made], problems: list[Problem]
) -> dict[str, _Made]:
    """A file of named rows."""
    doc = open_document(path, nulls=True)
    made: dict[str, _Made] = {}
    if not isinstance(doc.data, dict):
        doc.say((), "rows by name")
    else:
        for name, raw in doc.data.items():
            row = _row(doc, raw, model, (name,))
            if row is not None:
                made[name] = make(name, row)
    problems.extend(doc.problems)
    return made


def _row(doc: Document, raw: object, model: type[_Row], base: tuple[str | int, ...]) -> _Row | None:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        explain(doc, error, model, base)
        return None


@dataclass(frozen=True, slots=True)
class _Optics:
    cables: tuple[CableModel, ...] = ()
    modules: tuple[ModuleModel, ...] = ()
    fibres: tuple[FibreModel, ...] = ()


def _optics(path: Path, problems: list[Problem]) -> _Optics:
    doc = open_document(path, nulls=True)
    row = _row(doc, doc.data, OpticsFile, ())
    if row is not None:
        keys: dict[str, list[tuple[Any, ...]]] = {
            "cables": [(cable.speed_gbps, cable.max_length_m, cable.part) for cable in row.cables],
            "modules": [(m.speed_gbps, m.max_length_m, m.part, tuple(m.cages)) for m in row.modules],
            "fibres": [(fibre.part,) for fibre in row.fibres],
        }
        for name, order in keys.items():
            if order != sorted(set(order)):
                doc.say((name,), "rows sorted by speed, reach and part, each once", found="another order")
    problems.extend(doc.problems)
    if row is None:
        return _Optics()
    cables = (
        CableModel(ends=(tuple(cable.a), tuple(cable.z)), **_tuples(cable, "a", "z")) for cable in row.cables
    )
    modules = (ModuleModel(**_tuples(module)) for module in row.modules)
    return _Optics(tuple(cables), tuple(modules), tuple(FibreModel(**_tuples(fibre)) for fibre in row.fibres))


def _tuples(row: Strict, *left_out: str) -> dict[str, Any]:
    """The row's values by name, lists as tuples."""
    values = row.model_dump(exclude=set(left_out))
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _plane(path: Path, name: PlaneName, problems: list[Problem]) -> PlaneTable | None:
    doc = open_document(path, nulls=True)
    row = _row(doc, doc.data, PlaneFile, ())
    if row is not None and row.plane != name:
        doc.say(("plane",), name, "the file is named after its plane")
    if row is not None and (row.roce is None) == (name == "compute"):
        doc.say(("roce",), "the RoCE contract's defaults, on the compute plane and nowhere else")
    problems.extend(doc.problems)
    if row is None:
        return None
    roce = RoceDefaults(**row.roce.model_dump(exclude={"source"})) if row.roce else None
    return PlaneTable(name, row.mtu, tuple(row.may_reach), row.routing_table, roce)


def _references(
    path: Path,
    servers: dict[str, ServerSku],
    gpus: dict[str, GpuModel],
    nics: dict[str, NicModel],
    problems: list[Problem],
) -> None:
    """Rows that name rows of other files, and ports that stand twice."""
    doc = open_document(path, nulls=True)
    for name, sku in servers.items():
        if (sku.gpus > 0) != (sku.gpu is not None):
            doc.say((name, "gpu"), "a GPU model exactly when there are GPUs")
        elif sku.gpu is not None and sku.gpu not in gpus:
            doc.say((name, "gpu"), "a row of gpus.yaml", did_you_mean(sku.gpu, gpus))
        seen: set[str] = set()
        for index, slot in enumerate(sku.nics):
            place = (name, "nics", index)
            if slot.nic not in nics:
                doc.say((*place, "nic"), "a row of nics.yaml", did_you_mean(slot.nic, nics))
            if (slot.plane == "compute") != (slot.rail is not None):
                doc.say((*place, "rail"), "a rail exactly on the compute plane")
            if slot.name in seen:
                doc.say((*place, "name"), "each port once")
            seen.add(slot.name)
        rails = [slot.rail for slot in sku.nics if slot.rail is not None]
        if rails != list(range(len(rails))):
            doc.say((name, "nics"), "rails 0, 1, 2 ... in order", found=f"rails {rails}")
        if sku.gpu_slots and len(sku.gpu_slots) != sku.gpus:
            doc.say((name, "gpu_slots"), f"a place for each of {sku.gpus} GPUs", found="another number")
        if sku.gpu_nic and not (sku.gpu_nic_source or sku.gpu_slots_source):
            doc.say((name, "gpu_nic"), "gpu_nic_source beside it")
    problems.extend(doc.problems)


def _server(name: str, row: ServerRow) -> ServerSku:
    nics = tuple(NicSlot(**slot.model_dump()) for slot in row.nics)
    gpus = tuple(GpuSlot(**slot.model_dump()) for slot in row.gpu_slots)
    host = Host(**row.host.model_dump()) if row.host else None
    made = row.model_dump(exclude={"nics", "gpu_slots", "host"})
    return ServerSku(name=name, nics=nics, gpu_slots=gpus, host=host, **made)


def _gpu(name: str, row: GpuRow) -> GpuModel:
    return GpuModel(name=name, **row.model_dump())


def _nic(name: str, row: NicRow) -> NicModel:
    made = row.model_dump(exclude={"port_splits"})
    return NicModel(name=name, port_splits=tuple(row.port_splits), **made)


def _switch(name: str, row: SwitchRow) -> SwitchModel:
    made = row.model_dump(exclude={"splits", "uplink_cage"})
    return SwitchModel(name=name, splits=tuple(row.splits), uplink_cage=row.uplink_cage or "", **made)
