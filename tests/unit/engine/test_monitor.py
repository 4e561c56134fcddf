"""What the in-process engine takes from a program; what it cannot do it refuses, and never ignores."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2

from rackwright.engine.monitor import REFUSED, Monitor, declared
from rackwright.errors import UsageError

Request = resource_pb2.RegisterResourceRequest
HARMLESS = {
    "type",
    "name",
    "parent",
    "custom",
    "object",
    "protect",
    "dependencies",
    "propertyDependencies",
    "deleteBeforeReplace",
    "deleteBeforeReplaceDefined",
    "ignoreChanges",
    # about the program's own language host, not about the resource
    "acceptSecrets",
    "acceptResources",
    "supportsPartialValues",
    "supportsResultReporting",
    "accepts_byte_string",
    "aliasSpecs",
    "sourcePosition",
    "stackTrace",
    "parentStackTraceHandle",
    "pluginChecksums",
    "packageRef",
    "snippetId",
}


def filled(field: Any) -> Any:
    """Some value for a field, whatever its type."""
    message = Request()
    target = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        value = field.message_type.fields_by_name["value"]
        if value.message_type is None:
            target["k"] = "v"
        else:
            target["k"].SetInParent()
    elif hasattr(target, "add"):
        target.add()
    elif hasattr(target, "append"):
        target.append("x")
    elif field.message_type is not None:
        first = field.message_type.fields[0]
        inner = getattr(target, first.name)
        if hasattr(inner, "append"):
            inner.append("x") if first.message_type is None else inner.add()
        else:
            setattr(target, first.name, "1m" if first.type == first.TYPE_STRING else 0)
            target.SetInParent()
    else:
        setattr(message, field.name, True if field.type == field.TYPE_BOOL else "x")
    return message


def test_every_option_of_the_sdk_is_either_done_or_refused() -> None:
    """A new SDK with a new option fails here until somebody has decided about it."""
    assert {field.name for field in Request.DESCRIPTOR.fields} == HARMLESS | REFUSED.keys()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_an_unsupported_option_is_refused(name: str) -> None:
    message = filled(Request.DESCRIPTOR.fields_by_name[name])
    if not message.ByteSize() or name == "replacement_trigger":
        message.replacement_trigger.string_value = "x"
    message.name = "leaf-01"
    with pytest.raises(
        UsageError, match=r"leaf-01: the in-process engine does not support .*--engine pulumi"
    ):
        declared(message, "urn")


def test_an_empty_message_is_no_option() -> None:
    message = Request(name="a", type="t")
    message.hooks.SetInParent()
    message.customTimeouts.SetInParent()
    assert declared(message, "urn").record.urn == "urn"


@pytest.mark.parametrize("path", ["a.b", "a[0]", "*", '["a"]'])
def test_ignoring_inside_a_property_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="ignore_changes inside a property"):
        declared(Request(name="a", ignoreChanges=[path]), "urn")
    assert declared(Request(name="a", ignoreChanges=["ab"]), "urn").ignore == ("ab",)


def test_create_before_delete_is_refused() -> None:
    with pytest.raises(UsageError, match="delete_before_replace=False"):
        declared(Request(name="a", deleteBeforeReplaceDefined=True), "urn")
    declared(Request(name="a", deleteBeforeReplaceDefined=True, deleteBeforeReplace=True), "urn")


def test_a_secret_is_named_and_not_kept() -> None:
    inputs = struct_pb2.Struct()
    inputs.update({"deep": {"list": [{rpc._special_sig_key: rpc._special_secret_sig, "value": "canary"}]}})
    found = declared(Request(name="a", object=inputs), "urn")
    assert [found.secret] == ["deep.list[0]"]
    assert "canary" not in str(found)


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("ReadResource", resource_pb2.ReadResourceRequest(name="a", type="t")),
        ("Invoke", resource_pb2.ResourceInvokeRequest(tok="f")),
        ("Call", resource_pb2.ResourceCallRequest(tok="f")),
        ("ExistsResource", resource_pb2.ExistsResourceRequest()),
        ("RegisterStackTransform", None),
        ("RegisterStackInvokeTransform", None),
        ("RegisterResourceHook", None),
        ("RegisterErrorHook", None),
        ("RegisterPackage", resource_pb2.RegisterPackageRequest(name="p")),
        ("RegisterResource", Request(name="x", type="pulumi:providers:test")),
        ("RegisterResource", Request(name="x", type="pulumi:pulumi:StackReference")),
    ],
)
def test_what_else_a_program_may_ask_is_refused(call: str, request_: object) -> None:
    with pytest.raises(UsageError, match="does not support"):
        getattr(Monitor(None), call)(request_)  # type: ignore[arg-type]
