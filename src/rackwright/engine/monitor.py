"""The SDK's seam: what a stack program registers, as plain data; refuses what this engine cannot do.

The SDK calls ``RegisterResource`` from a worker thread, after everything that the resource depends on has
been registered and its outputs are known (in a preview: known to be unknown).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from google.protobuf import empty_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from rackwright.engine.state import Record
from rackwright.errors import UsageError
from rackwright.provider.values import SecretFound, plain, struct

# Options of a resource that change what an engine does. What is not here does nothing, or is handled below.
REFUSED = {
    "aliases": "aliases",
    "aliasURNs": "aliases",
    "importId": "import_",
    "customTimeouts": "custom_timeouts",
    "replaceOnChanges": "replace_on_changes",
    "retainOnDelete": "retain_on_delete",
    "deletedWith": "deleted_with",
    "replace_with": "replace_with",
    "replacement_trigger": "replacement_trigger",
    "additionalSecretOutputs": "additional_secret_outputs",
    "transforms": "transforms",
    "state_migrations": "state_migrations",
    "hooks": "hooks",
    "hideDiffs": "hide_diffs",
    "provider": "provider",
    "providers": "providers",
    "version": "version",
    "pluginDownloadURL": "plugin_download_url",
    "envVarMappings": "env_var_mappings",
    "remote": "remote components",
}


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource as the program declares it."""

    record: Record
    """As it would be remembered; ``id`` and ``outputs`` are still empty."""
    ignore: tuple[str, ...]
    secret: str
    """Path of a secret among the inputs, "" when there is none (it is then refused)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the program gets back; without ``ok`` its outputs stay unknown and what needs them is skipped."""

    outputs: Mapping[str, Any]
    id: str = ""
    ok: bool = True


class Engine(Protocol):
    """Who decides."""

    def register(self, declared: Declared) -> Answer: ...
    def register_outputs(self, urn: str, outputs: Mapping[str, Any]) -> None: ...


def _refuse(what: str, name: str) -> UsageError:
    return UsageError(
        f"{name}: the in-process engine does not support {what}; leave it out, or use --engine pulumi"
    )


def declared(request: resource_pb2.RegisterResourceRequest, urn: str) -> Declared:
    """A registration as plain data.

    :raises UsageError: it uses an option that this engine would otherwise ignore.
    """
    for field, value in request.ListFields():
        # The SDK always sends some message fields: what is in them counts.
        if field.name in REFUSED and (not hasattr(value, "ByteSize") or value.ByteSize()):
            raise _refuse(f"the option '{REFUSED[field.name]}'", request.name)
    if request.deleteBeforeReplaceDefined and not request.deleteBeforeReplace:
        raise _refuse("delete_before_replace=False (a thing of the world has one name)", request.name)
    for path in request.ignoreChanges:
        if any(mark in path for mark in '.[*"'):
            raise _refuse(f"ignore_changes inside a property ('{path}')", request.name)
    secret = ""
    try:
        inputs = plain(request.object)
    except SecretFound as found:
        inputs, secret = {}, found.path
    record = Record(
        urn=urn,
        type=request.type,
        custom=request.custom,
        inputs=inputs,
        parent=request.parent,
        dependencies=tuple(sorted(request.dependencies)),
        property_dependencies={
            key: tuple(sorted(item.urns))
            for key, item in sorted(request.propertyDependencies.items())
            if item.urns
        },
        protect=request.protect,
    )
    return Declared(record, tuple(request.ignoreChanges), secret)


class _NoMocks(mocks.Mocks):
    """The base class wants one; nothing here reaches it."""

    def call(self, args: mocks.MockCallArgs) -> NoReturn:
        raise _refuse(f"calling {args.token}", "program")

    def new_resource(self, args: mocks.MockResourceArgs) -> NoReturn:
        raise _refuse("reading resources", args.name)


class Monitor(mocks.MockMonitor):
    """Hands each registration to the engine."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(_NoMocks())
        self._engine = engine

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        # As Pulumi's engine names things: the stack is everybody's ancestor and is left out.
        own = parent if parent and "::pulumi:pulumi:Stack::" not in parent else ""
        return super().make_urn(own, type_, name)

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if request.type.startswith("pulumi:"):
            raise _refuse(request.type, request.name)
        answer = self._engine.register(declared(request, urn))
        return resource_pb2.RegisterResourceResponse(
            urn=urn,
            id=answer.id,
            object=struct(answer.outputs),
            result=resource_pb2.SUCCESS if answer.ok else resource_pb2.FAIL,
        )

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        self._engine.register_outputs(request.urn, plain(request.outputs, mask=True))
        return empty_pb2.Empty()

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> NoReturn:
        raise _refuse(f"reading an existing {request.type}", request.name)

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> NoReturn:
        raise _refuse(f"calling {request.tok}", "program")

    def Call(self, request: resource_pb2.ResourceCallRequest) -> NoReturn:
        raise _refuse(f"calling {request.tok}", "program")

    def ExistsResource(self, request: resource_pb2.ExistsResourceRequest) -> NoReturn:
        raise _refuse("asking whether a resource exists", "program")

    def RegisterStackTransform(self, request: object) -> NoReturn:
        raise _refuse("stack transforms", "program")

    def RegisterStackInvokeTransform(self, request: object) -> NoReturn:
        raise _refuse("stack invoke transforms", "program")

    def RegisterResourceHook(self, request: object) -> NoReturn:
        raise _refuse("resource hooks", "program")

    def RegisterErrorHook(self, request: object) -> NoReturn:
        raise _refuse("error hooks", "program")

    def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> NoReturn:
        raise _refuse(f"the package {request.name}", "program")
