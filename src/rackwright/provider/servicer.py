"""Pulumi's provider protocol on one side, a resource's life on the other.

Written on the generated gRPC servicer and not on ``pulumi.provider.experimental``: that one passes neither
the old inputs, which a handler compares with, nor a partial failure's details, and shows tracebacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, TypeAlias

import grpc
import grpc.aio
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import plugin_pb2, provider_pb2, status_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from rackwright.provider import life
from rackwright.provider.engine_log import EngineLog
from rackwright.provider.handlers import handler
from rackwright.provider.values import Json, SecretFound, plain, struct
from rackwright.resources.handler import Change, Handler, Observed, Progress

Context: TypeAlias = "grpc.aio.ServicerContext[Message, Message]"
Kind = provider_pb2.PropertyDiff


def _noun(urn: str) -> Handler:
    return handler(urn.split("::")[2].rsplit("$", 1)[-1])


def _inputs(inputs: struct_pb2.Struct, state: struct_pb2.Struct) -> dict[str, Json]:
    """Old inputs; an engine from before they were sent has them among the outputs."""
    return plain(inputs, mask=True) or plain(state, mask=True)


def _kind(change: Change) -> provider_pb2.PropertyDiff.Kind.ValueType:
    if change.old is None:
        return Kind.ADD_REPLACE if change.replace else Kind.ADD
    if change.new is None:
        return Kind.DELETE_REPLACE if change.replace else Kind.DELETE
    return Kind.UPDATE_REPLACE if change.replace else Kind.UPDATE


async def _abort(context: Context, error: BaseException) -> NoReturn:
    """End the call with the error in words; what a failed create left goes along so that it is remembered."""
    reason = life.reason(error)
    details: tuple[tuple[str, bytes], ...] = ()
    if isinstance(error, life.Partial):
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason)
        status.details.add().Pack(_left(error.observed, reason))
        details = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(grpc.StatusCode.UNKNOWN, reason, details)
    raise AssertionError("abort always raises")


def _left(observed: Observed, reason: str) -> provider_pb2.ErrorResourceInitFailed:
    """What exists although the act failed."""
    return provider_pb2.ErrorResourceInitFailed(
        id=observed.id,
        properties=struct(life.merged(observed.inputs, observed.outputs)),
        inputs=struct(observed.inputs),
        reasons=[reason],
    )


class Servicer(ResourceProviderServicer):
    """All resources of the product, and those that a site adds."""

    def __init__(self, version: str, log: EngineLog) -> None:
        super().__init__()
        self._version, self._log = version, log
        self._cancelled = False

    def _progress(self, urn: str) -> Progress:
        return lambda text: self._log.progress(urn, text)

    async def _refuse_when_cancelled(self, context: Context) -> None:
        if self._cancelled:
            await context.abort(grpc.StatusCode.CANCELLED, "interrupted: not begun")

    async def GetPluginInfo(self, request: object, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._version)

    async def GetSchema(self, request: object, context: Context) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema="{}")

    async def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: object, context: Context) -> provider_pb2.DiffResponse:
        # A new version of the plugin serves the same resources: never a reason to replace them.
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Configure(self, request: object, context: Context) -> provider_pb2.ConfigureResponse:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=False)

    async def Cancel(self, request: object, context: Context) -> empty_pb2.Empty:
        self._cancelled = True
        return empty_pb2.Empty()

    async def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        try:
            problems = life.check(_noun(request.urn), plain(request.news))
        except SecretFound as found:
            # Named in the text only: of a named property Pulumi would print the value.
            problems = [("", f"{found.path}: is a secret; give a reference (env:, file:, state:) instead")]
        except Exception as error:  # noqa: BLE001 - every error must reach the user as an answer
            await _abort(context, error)
        failures = [provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in problems]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    async def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        old = _inputs(request.old_inputs, request.olds)
        new = plain(request.news, mask=True)
        new.update({key: old[key] for key in request.ignoreChanges if key in old})
        try:
            difference = life.diff(_noun(request.urn), old, new)
        except Exception as error:  # noqa: BLE001 - see above
            await _abort(context, error)
        changes: Mapping[str, Change] = difference.changes
        some = provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some,
            diffs=list(changes),
            replaces=[key for key, change in changes.items() if change.replace],
            detailedDiff={key: Kind(kind=_kind(change), inputDiff=True) for key, change in changes.items()},
            hasDetailedDiff=True,
            # A thing of the world has one name: the old one must go before the new one can have it.
            deleteBeforeReplace=True,
        )

    async def Create(
        self, request: provider_pb2.CreateRequest, context: Context
    ) -> provider_pb2.CreateResponse:
        await self._refuse_when_cancelled(context)
        try:
            noun, inputs = _noun(request.urn), plain(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(properties=struct(life.expected(noun, inputs, None)))
            made = await life.create(noun, inputs, self._progress(request.urn))
        except Exception as error:  # noqa: BLE001 - see above
            await _abort(context, error)
        return provider_pb2.CreateResponse(id=made.id, properties=struct(life.merged(inputs, made.outputs)))

    async def Update(
        self, request: provider_pb2.UpdateRequest, context: Context
    ) -> provider_pb2.UpdateResponse:
        await self._refuse_when_cancelled(context)
        try:
            noun, inputs = _noun(request.urn), plain(request.news)
            old, outputs = _inputs(request.old_inputs, request.olds), plain(request.olds, mask=True)
            if request.preview:
                return provider_pb2.UpdateResponse(properties=struct(life.expected(noun, inputs, outputs)))
            progress = self._progress(request.urn)
            made = await life.update(noun, request.id, old, outputs, inputs, progress)
        except Exception as error:  # noqa: BLE001 - see above
            await _abort(context, error)
        return provider_pb2.UpdateResponse(properties=struct(life.merged(inputs, made.outputs)))

    async def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:
        try:
            inputs = _inputs(request.inputs, request.properties)
            found = await life.read(_noun(request.urn), request.id, inputs)
        except Exception as error:  # noqa: BLE001 - see above
            await _abort(context, error)
        if found is None:
            return provider_pb2.ReadResponse()  # no id: it is gone
        properties = struct(life.merged(found.inputs, found.outputs))
        return provider_pb2.ReadResponse(id=found.id, properties=properties, inputs=struct(found.inputs))

    async def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        await self._refuse_when_cancelled(context)
        try:
            inputs = _inputs(request.old_inputs, request.properties)
            await life.delete(_noun(request.urn), request.id, inputs, self._progress(request.urn))
        except Exception as error:  # noqa: BLE001 - see above
            await _abort(context, error)
        return empty_pb2.Empty()
