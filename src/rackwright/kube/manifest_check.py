"""What is wrong with a Manifest's inputs, before anything is asked of a server. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rackwright.kube.values import is_secret
from rackwright.resources.handler import Props

_REFERENCE = re.compile(r"^(env:[A-Z][A-Z0-9_]*|file:.+|state:[a-z0-9-]+)$")
_CONDITION = re.compile(r"^[A-Za-z][A-Za-z0-9./-]*(=(True|False|Unknown))?$")
_SERVERS = ("uid", "resourceVersion", "managedFields", "creationTimestamp", "generation", "generateName")


def problems(inputs: Props) -> list[tuple[str, str]]:
    """(property, reason) of each mistake.

    >>> problems({"object": {"kind": "List"}})[0]
    ('object', 'apiVersion is missing')
    """
    manifest = inputs["object"]
    if not isinstance(manifest, Mapping):
        return [("object", "is not a manifest: expected keys and values")]
    found = [("object", f"{key} is missing") for key in ("apiVersion", "kind") if not manifest.get(key)]
    found += _metadata(manifest)
    found += _secrets(inputs, manifest)
    if manifest.get("items") is not None:
        found.append(("object", "is a list: declare a Manifest for each object"))
    if "status" in manifest:
        found.append(("object", "status is a controller's to write"))
    for each in inputs.get("wait") or ():
        if not _CONDITION.match(str(each)):
            found.append(("wait", f"found {each!r}, expected a condition such as Ready or Ready=False"))
    if inputs.get("shared") and inputs.get("optional"):
        found.append(("optional", "a shared object must be there"))
    return found


def _metadata(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    meta = manifest.get("metadata")
    if not isinstance(meta, Mapping) or not meta.get("name"):
        return [("object", "metadata.name is missing")]
    return [("object", f"metadata.{key} is the server's to write") for key in _SERVERS if key in meta]


def _secrets(inputs: Props, manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """No value of a secret among the inputs: they are kept in the state. The value is not repeated here."""
    refs = inputs.get("values") or {}
    found = []
    if is_secret(manifest):
        found = [
            ("object", f"{key} of a Secret must not be in the program; give references under values")
            for key in ("data", "stringData")
            if manifest.get(key)
        ]
    elif refs:
        found = [("values", "only a Secret (v1) takes values; this is another kind")]
    bad = [key for key, ref in refs.items() if not _REFERENCE.match(str(ref))]
    return found + [("values", f"{key}: write env:NAME, file:PATH or state:NAME") for key in bad]
