"""A table of the catalog as models by name; read again when the file changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from rackwright.load.plain import Document, open_document

_Model = TypeVar("_Model")


def named(path: Path, model: type[_Model]) -> Mapping[str, _Model]:
    """Rows by name; ``model`` is one, or a union of several.

    :raises BadInput: the file cannot be read or breaks the model, with the place of every mistake.
    """
    stat = path.stat() if path.is_file() else None
    found: Mapping[str, _Model] = _read(
        path, cast(Any, model), (stat.st_size, stat.st_mtime_ns) if stat else None
    )
    return found


@lru_cache(maxsize=8)
def _read(path: Path, model: Any, stamp: tuple[int, int] | None) -> Mapping[str, Any]:  # noqa: ANN401
    del stamp  # part of the cache's key only
    doc = open_document(path, nulls=True)
    adapter: TypeAdapter[Any] = TypeAdapter(model)
    rows: dict[str, Any] = {}
    if not isinstance(doc.data, dict):
        doc.say((), "rows by name")
    else:
        for name, raw in doc.data.items():
            try:
                rows[name] = adapter.validate_python(raw)
            except ValidationError as error:
                _explain(doc, name, error)
        if list(doc.data) != sorted(doc.data):
            doc.say((), "rows sorted by name", found="another order")
    doc.check()
    return rows


def _explain(doc: Document, name: str, error: ValidationError) -> None:
    for detail in error.errors(include_url=False):
        at = tuple(part for part in detail["loc"] if (name, part) in doc.places or isinstance(part, int))
        if detail["type"] == "extra_forbidden":
            doc.say((name, *at), "a known key", found=f"key {detail['loc'][-1]}", at_key=True)
        elif detail["type"] == "union_tag_invalid":
            doc.say((name, "kind"), f"one of {detail['ctx']['expected_tags']}")
        else:
            doc.say((name, *at), str(detail["msg"]).removeprefix("Value error, "))
