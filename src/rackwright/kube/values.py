"""A Secret's data: values come by reference, leave as a digest.

The digest is keyed with a key of the cluster's own state, so that a short password cannot be guessed from it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from rackwright import secrets
from rackwright.errors import UsageError
from rackwright.resources import site
from rackwright.resources.handler import Props

KEY = "state:manifest-digest-key"
HIDDEN = "(not shown)"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def is_secret(manifest: Mapping[str, Any]) -> bool:
    return manifest.get("kind") == "Secret" and manifest.get("apiVersion") == "v1"


def filled(inputs: Props) -> dict[str, Any]:
    """The manifest as it is sent: with the values behind the references, for a Secret."""
    manifest = dict(inputs["object"])
    if refs := inputs.get("values"):
        manifest["data"] = {key: base64.b64encode(value).decode() for key, value in _revealed(inputs, refs)}
    return manifest


def _revealed(inputs: Props, refs: Mapping[str, str]) -> list[tuple[str, bytes]]:
    file, state = site.cluster_file(inputs), site.state(inputs)
    return [(key, secrets.resolve(ref, file, state).reveal().encode()) for key, ref in sorted(refs.items())]


def masked(inputs: Props, found: Mapping[str, Any]) -> dict[str, Any]:
    """What may be compared and shown of an object: of a Secret the digests only.

    >>> masked({}, {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}})["data"]
    {'a': 'b'}
    """
    if not is_secret(found):
        return dict(found)
    key = secrets.resolve(KEY, site.cluster_file(inputs), site.state(inputs)).reveal().encode()
    shown = dict(found)
    for field in ("data", "stringData"):
        if isinstance(found.get(field), Mapping):
            shown[field] = {name: _digest(key, str(value)) for name, value in found[field].items()}
    annotations = dict((found.get("metadata") or {}).get("annotations") or {})
    if annotations.pop(_LAST_APPLIED, None) is not None:
        shown["metadata"] = {**found["metadata"], "annotations": annotations}
    return shown


def _digest(key: bytes, value: str) -> str:
    return "digest " + hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:16]


def scrubbed(inputs: Props, text: str) -> str:
    """A text of the server's without the values that it may repeat."""
    refs = inputs.get("values")
    if not refs:
        return text
    try:
        revealed = _revealed(inputs, refs)
    except UsageError:  # a reference that leads nowhere any more: what it led to cannot be told from the rest
        return HIDDEN
    for _, value in revealed:
        for form in (base64.b64encode(value).decode(), value.decode("utf-8", "replace")):
            text = text.replace(form, HIDDEN) if form else text
    return text
