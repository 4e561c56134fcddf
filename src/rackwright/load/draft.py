"""Draft: the parts of a cluster file that are right by themselves.

Checks across parts run on these, so that a wrong type in one group does not hide an unknown SKU in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from rackwright.load.explain import explain
from rackwright.load.plain import Document
from rackwright.models.kubernetes import Kubernetes
from rackwright.models.spec import (
    ClusterSpec,
    Depot,
    Fabric,
    MachineGroup,
    Physical,
    Plane,
    PlaneName,
    Site,
    StorageTier,
    Strict,
    Tenant,
)

_Part = TypeVar("_Part", bound=Strict)


@dataclass(slots=True)
class Draft:
    """``spec`` is there only when the file is right by itself; ``named`` has the names of wrong parts too."""

    spec: ClusterSpec | None = None
    machines: dict[str, MachineGroup] = field(default_factory=dict)
    fabrics: dict[str, Fabric] = field(default_factory=dict)
    planes: dict[str, Plane] = field(default_factory=dict)
    storage: StorageTier | None = None
    lock: str | None = None
    depot: Depot = field(default_factory=Depot)
    physical: Physical | None = None
    named: dict[str, frozenset[str]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    tenants: dict[str, Tenant] = field(default_factory=dict)
    site: Site | None = None
    kubernetes: Kubernetes | None = None

    def texts(self, section: str, key: str) -> Iterator[tuple[str, str]]:
        """(name, text) of one key over a section, also of parts that are wrong elsewhere."""
        parts = self.data.get(section)
        for name, part in parts.items() if isinstance(parts, dict) else ():
            text = part.get(key) if isinstance(part, dict) else None
            if isinstance(text, str):
                yield name, text


def draft(doc: Document, data: Any) -> Draft:  # noqa: ANN401 (any YAML value)
    """Validate ``data``: the document's with what :mod:`rackwright.load.intent` filled in. Mistakes are
    reported in the document."""
    if not isinstance(data, dict):
        doc.say((), "a mapping of keys", "inventories/lab/cluster.yaml is an example")
        return Draft()
    try:
        spec = ClusterSpec.model_validate(data)
    except ValidationError as error:
        explain(doc, error, ClusterSpec)
    else:
        return Draft(
            spec,
            dict(spec.machines),
            dict(spec.fabrics),
            dict(spec.planes),  # type: ignore[arg-type]  # PlaneName is a str
            spec.storage,
            spec.lock,
            spec.depot,
            spec.physical,
            _names(data),
            data,
            spec.tenants,
            spec.site,
            spec.kubernetes,
        )
    lock = data.get("lock", ClusterSpec.model_fields["lock"].default)
    return Draft(
        None,
        _parts(data, "machines", MachineGroup),
        _parts(data, "fabrics", Fabric),
        {name: plane for name, plane in _parts(data, "planes", Plane).items() if name in get_args(PlaneName)},
        _part(data.get("storage"), StorageTier),
        lock if isinstance(lock, str) else None,
        _part(data.get("depot"), Depot) or Depot(),
        _part(data.get("physical", {}), Physical),
        _names(data),
        data,
        _parts(data, "tenants", Tenant),
        _part(data.get("site", {}), Site),
        _part(data.get("kubernetes"), Kubernetes),
    )


def _names(data: dict[str, Any]) -> dict[str, frozenset[str]]:
    return {
        key: frozenset(data[key]) if isinstance(data.get(key), dict) else frozenset()
        for key in ("machines", "fabrics", "planes")
    }


def _parts(data: dict[str, Any], key: str, model: type[_Part]) -> dict[str, _Part]:
    section = data.get(key)
    if not isinstance(section, dict):
        return {}
    parts = ((name, _part(raw, model)) for name, raw in section.items())
    return {name: part for name, part in parts if part is not None}


def _part(raw: object, model: type[_Part]) -> _Part | None:
    """The part when it is right; what is wrong with it has been said already."""
    try:
        return model.model_validate(raw)
    except ValidationError:
        return None
