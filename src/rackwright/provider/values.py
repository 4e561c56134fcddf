"""Property values between protobuf and plain Python, the same for both engines.

Whole numbers stay ints (protobuf knows only doubles), a null in an object is as good as absent (so says the
SDK), and an input that is not known yet in a preview is the string :data:`UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

Json: TypeAlias = Any
"""What JSON can hold."""
UNKNOWN: str = rpc.UNKNOWN
SHOWN_UNKNOWN = "(known after up)"
_SIGNATURE = rpc._special_sig_key
_SECRET = rpc._special_secret_sig
_OUTPUT = rpc._special_output_value_sig
_RESOURCE = rpc._special_resource_sig


class SecretFound(Exception):
    """A secret value where only a reference may stand; ``path`` says where. The value is never kept."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def normal(value: object) -> Json:
    """A JSON value in the one shape that is compared and stored."""
    if isinstance(value, Mapping):
        return {str(key): normal(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [normal(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError(f"not a JSON value: {type(value).__name__}")


def _python(value: struct_pb2.Value, path: str, mask: bool) -> Json:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _object(value.struct_value, path, mask)
    if kind == "list_value":
        return [_python(item, f"{path}[{i}]", mask) for i, item in enumerate(value.list_value.values)]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def _object(struct: struct_pb2.Struct, path: str, mask: bool) -> Json:
    signature = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else ""
    if signature == _OUTPUT:
        if "secret" in struct.fields and struct.fields["secret"].bool_value:
            signature = _SECRET
        else:
            return _python(struct.fields["value"], path, mask) if "value" in struct.fields else UNKNOWN
    if signature == _SECRET:
        if mask:
            return "[secret]"
        raise SecretFound(path)
    if signature == _RESOURCE:
        return struct.fields["urn"].string_value
    if signature:
        raise TypeError(f"{path}: files and archives are not supported; give their text or a path")
    items = {key: _python(item, f"{path}.{key}".lstrip("."), mask) for key, item in struct.fields.items()}
    return {key: items[key] for key in sorted(items) if items[key] is not None}


def plain(struct: struct_pb2.Struct, mask: bool = False) -> dict[str, Any]:
    """Protobuf to Python.

    :param mask: show a secret as ``[secret]`` instead of refusing it.
    :raises SecretFound: a secret is among the values and ``mask`` is off.
    """
    return {
        key: value
        for key in sorted(struct.fields)
        if not key.startswith("__") and (value := _python(struct.fields[key], key, mask)) is not None
    }


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Python to protobuf."""
    message = struct_pb2.Struct()
    message.update(normal(values))
    return message


def has_unknown(value: object) -> bool:
    """Whether anything inside is not known yet."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(has_unknown(item) for item in value)
    return bool(value == UNKNOWN)
