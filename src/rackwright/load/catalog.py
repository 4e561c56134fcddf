"""The catalog and the plane files as Tables. They are ours, yet read as strictly as what people write."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from rackwright.errors import BadInput, Problem
from rackwright.load.explain import explain
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document, limited, open_document
from rackwright.load.rows import CableRow, GpuRow, NicRow, PlaneFile, ServerRow, SwitchRow
from rackwright.models.qos import RoceDefaults
from rackwright.models.spec import PlaneName, Strict
from rackwright.models.tables import (
    CableModel,
    GpuModel,
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
    cables = _cables(folder / "optics.yaml", problems)
    planes = {name: _plane(home / "network-planes" / f"{name}.yaml", name, problems) for name in PLANES}
    if not problems:
        _references(folder / "servers.yaml", servers, gpus, nics, problems)
    if problems:
        raise BadInput(limited(problems))
    locks = tuple(sorted(file.stem for file in (folder / "locks").glob("*.yaml")))
    return Tables(servers, gpus, nics, switches, cables, {k: v for k, v in planes.items() if v}, locks)


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


def _cables(path: Path, problems: list[Problem]) -> tuple[CableModel, ...]:
    doc = open_document(path, nulls=True)
    made: list[CableModel] = []
    if not isinstance(doc.data, list):
        doc.say((), "a list of rows")
    else:
        for index, raw in enumerate(doc.data):
            row = _row(doc, raw, CableRow, (index,))
            if row is not None:
                made.append(CableModel(**row.model_dump()))
    keys = [(cable.speed_gbps, cable.max_length_m) for cable in made]
    if keys != sorted(set(keys)):
        doc.say((), "rows sorted by speed and reach, each pair once", found="another order")
    problems.extend(doc.problems)
    return tuple(made)


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
    problems.extend(doc.problems)


def _server(name: str, row: ServerRow) -> ServerSku:
    nics = tuple(NicSlot(**slot.model_dump()) for slot in row.nics)
    return ServerSku(name=name, nics=nics, **row.model_dump(exclude={"nics"}))


def _gpu(name: str, row: GpuRow) -> GpuModel:
    return GpuModel(name=name, **row.model_dump())


def _nic(name: str, row: NicRow) -> NicModel:
    made = row.model_dump(exclude={"port_splits"})
    return NicModel(name=name, port_splits=tuple(row.port_splits), **made)


def _switch(name: str, row: SwitchRow) -> SwitchModel:
    return SwitchModel(name=name, splits=tuple(row.splits), **row.model_dump(exclude={"splits"}))
