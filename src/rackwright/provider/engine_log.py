"""Lines to the user's screen through Pulumi's engine."""

from __future__ import annotations

import asyncio
import sys

import grpc.aio
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class EngineLog:
    """Sends progress to Pulumi's engine; where that does not answer, to standard error.

    Made in the plugin's loop. Handlers report from there and from worker threads (ansible-runner does).
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._loop = asyncio.get_running_loop()
        self._stub: engine_pb2_grpc.EngineStub | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def progress(self, urn: str, text: str) -> None:
        """One line beside the resource; may be called from any thread."""
        if not self._address:
            sys.stderr.write(f"{urn}: {text}\n")
            return
        self._loop.call_soon_threadsafe(self._begin, urn, text)

    def _begin(self, urn: str, text: str) -> None:
        task = self._loop.create_task(self._send(urn, text))
        self._sending.add(task)  # a task that nobody holds may be collected before it has run
        task.add_done_callback(self._sending.discard)

    async def _send(self, urn: str, text: str) -> None:
        if self._stub is None:
            self._stub = engine_pb2_grpc.EngineStub(grpc.aio.insecure_channel(self._address))
        request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True)
        try:
            # The generated types know only the blocking channel, whose calls are not awaited.
            await self._stub.Log(request, timeout=5)  # type: ignore[misc]
        except grpc.aio.AioRpcError as error:
            sys.stderr.write(f"{urn}: {text} (the engine does not take progress: {error.code().name})\n")
