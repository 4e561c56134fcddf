"""A stack's folder as Pulumi reads it: ``Pulumi.yaml``, the program, ``Pulumi.<stack>.yaml``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rackwright.errors import UsageError


@dataclass(frozen=True, slots=True)
class Project:
    """One Pulumi project folder."""

    folder: Path
    name: str

    @property
    def program(self) -> Path:
        """The Python file that declares the resources."""
        return self.folder / "__main__.py"


def _mapping(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not YAML: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UsageError(f"{path}: expected keys and values")
    return data


def load(folder: Path) -> Project:
    """Read ``Pulumi.yaml``.

    :raises UsageError: no such folder, or not a Python project with its program in ``__main__.py``.
    """
    data = _mapping(folder / "Pulumi.yaml")
    name, runtime = data.get("name"), data.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if not isinstance(name, str) or language != "python":
        raise UsageError(f"{folder / 'Pulumi.yaml'}: expected a name and runtime python")
    for key in ("main", "config", "stackConfigDir"):
        if key in data:
            raise UsageError(f"{folder / 'Pulumi.yaml'}: the in-process engine does not support '{key}'")
    project = Project(folder.resolve(), name)
    if not project.program.is_file():
        raise UsageError(f"{project.program}: no such program")
    return project


def check_stack(name: str) -> None:
    """:raises UsageError: not a name that Pulumi would take."""
    if not name or name.startswith(".") or not all(char.isalnum() or char in "._-" for char in name):
        raise UsageError(f"stack name {name!r}: expected letters, digits, '.', '_' and '-'")


def config(
    project: Project, stack: str, given: Mapping[str, str], path: Path | None = None
) -> dict[str, str]:
    """The stack's configuration by full key (``namespace:key``); ``given`` wins over the file.

    :param path: the file; ``Pulumi.<stack>.yaml`` in the folder unless named.
    :raises UsageError: an encrypted value, which only Pulumi's own engine can read.
    """
    file = path or project.folder / f"Pulumi.{stack}.yaml"
    if path is None and not file.exists():
        values: dict[str, Any] = {}
    else:
        values = _mapping(file).get("config") or {}
    full: dict[str, str] = {}
    for key, value in {**values, **given}.items():
        if isinstance(value, dict) and "secure" in value:
            raise UsageError(
                f"{file}: {key}: encrypted values are not supported; give a reference (env:, file:, state:)"
            )
        text = value if isinstance(value, str) else json.dumps(value)
        full[key if ":" in key else f"{project.name}:{key}"] = text
    return full
