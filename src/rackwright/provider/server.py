"""The plugin's process: a gRPC server on a free local port, which it prints for Pulumi to read.

One asyncio loop serves every call, so hundreds of resources wait for the world side by side.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc

from rackwright.provider.engine_log import EngineLog
from rackwright.provider.servicer import Servicer

# State and configuration files travel in these messages; gRPC's own limit is 4 MiB.
_OPTIONS = [("grpc.max_receive_message_length", 400 * 2**20), ("grpc.max_send_message_length", 400 * 2**20)]
THREADS = 128
"""For handlers that call blocking libraries (a BMC, ansible-runner) with ``asyncio.to_thread``."""


def own_version() -> str:
    """The plugin's version, as Pulumi records it in the state."""
    try:
        return version("rackwright")
    except PackageNotFoundError:
        return "0.0.0"


async def _serve(engine: str) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="handler"))
    server = grpc.aio.server(options=_OPTIONS)
    servicer = Servicer(own_version(), EngineLog(engine))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    # Pulumi reads the port from the first line; nothing else may be printed there.
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdout = sys.stderr
    await server.wait_for_termination()


def main(arguments: list[str]) -> None:
    """Serve until Pulumi ends the process."""
    addresses = [argument for argument in arguments if not argument.startswith("-")]
    try:
        asyncio.run(_serve(addresses[0] if addresses else ""))
    except KeyboardInterrupt:
        # A terminal's Ctrl-C reaches the whole process group; Pulumi decides when the plugin ends.
        sys.exit(130)
