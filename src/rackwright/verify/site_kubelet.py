"""The site's own settings of kubelets (``kubernetes_kubelet`` in group_vars, host_vars), above the design's.

Read as Ansible ranks them: all, the groups of the inventory from its top to its leaves, the host. The last
that names the variable has it whole. A setting in a template's words is not known here, and not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from rackwright.errors import UsageError
from rackwright.inventory.groups import memberships
from rackwright.models.design import Server
from rackwright.models.tables import Tables

NAME = "kubernetes_kubelet"
SUFFIXES = ("", ".yml", ".yaml", ".json")


def on_top(design: Mapping[str, Any], site: Mapping[str, Any]) -> dict[str, Any]:
    """The design with the site's settings; a null takes a key away, as a merge patch has it.

    >>> on_top({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}, "d": None, "e": "{{ x }}"})
    {'a': {'b': 9, 'c': 2}}
    """
    made = dict(design)
    for key, value in site.items():
        below = made.get(key)
        if value is None or (isinstance(value, str) and "{{" in value):
            made.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(below, Mapping):
            made[key] = on_top(below, value)
        else:
            made[key] = value
    return made


def settings(cluster_file: Path, server: Server, tables: Tables) -> Mapping[str, Any]:
    """What the site sets on one server.

    :raises UsageError: a file of variables cannot be read as such.
    """
    found: Mapping[str, Any] = {}
    for path in _files(cluster_file.parent, server, tables):
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as problem:
            # A vault's file has no YAML; what it holds is not ours to read.
            if path.read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT"):
                continue
            raise UsageError(f"{path}: not YAML: {type(problem).__name__}") from problem
        own = data.get(NAME) if isinstance(data, dict) else None
        if own is not None and not isinstance(own, dict):
            raise UsageError(f"{path}: {NAME}: found {type(own).__name__}, expected a mapping")
        found = found if own is None else own
    return found


def _files(folder: Path, server: Server, tables: Tables) -> Iterator[Path]:
    own = memberships(server, tables)
    groups = ["all", *sorted({"servers", *(root for root, _ in own)}), *sorted(group for _, group in own)]
    for group in groups:
        yield from _named(folder / "group_vars", group)
    yield from _named(folder / "host_vars", server.name)


def _named(folder: Path, name: str) -> Iterator[Path]:
    """A file of that name, or every file in a folder of that name."""
    for suffix in SUFFIXES:
        path = folder / f"{name}{suffix}"
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file() and each.suffix in SUFFIXES)
