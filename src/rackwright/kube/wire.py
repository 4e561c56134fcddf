"""The one module that imports the official client; imported late, because that takes most of a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import aiohttp
from kubernetes.aio import client, config
from kubernetes.aio.config import ConfigException

from rackwright.errors import UsageError, WorldRefused
from rackwright.kube import kubeconfig
from rackwright.resources.handler import Props

CONNECT_SECONDS = 5.0
Query: TypeAlias = Sequence[tuple[str, str]]
Json: TypeAlias = Any


class Cut(Exception):
    """No answer: not reached, cut in the middle, or too slow. It may help to ask again."""


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """One connection pool to one API server."""

    def __init__(self, api: client.ApiClient) -> None:
        self._api = api
        self.server: str = api.configuration.host

    async def once(
        self, method: str, path: str, query: Query, headers: Mapping[str, str], body: Json, seconds: float
    ) -> Raw:
        """Ask once.

        :raises Cut: no answer.
        :raises WorldRefused: it is not the server that the kubeconfig trusts.
        """
        ready = await self._api.param_serialize(
            method, path, {}, list(query), dict(headers), body, auth_settings=["BearerToken"]
        )
        timeout = aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS)
        try:
            answer = await self._api.call_api(*ready, _request_timeout=timeout)
            return Raw(answer.status, answer.headers, await answer.read())
        except aiohttp.ClientSSLError as error:
            hint = "does access.kubeconfig belong to this cluster, and are its certificates still valid?"
            raise WorldRefused(self.server, "connect", f"TLS: {error}", hint) from error
        except TimeoutError as error:
            raise Cut(f"no answer within {seconds:g} s") from error
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            raise Cut(f"{type(error).__name__}: {error}".rstrip(": ")) from error


@asynccontextmanager
async def opened(inputs: Props) -> AsyncIterator[Wire]:
    """A connection by the reference ``access.kubeconfig``.

    :raises UsageError: the kubeconfig cannot be used.
    """
    configuration = client.Configuration()
    with kubeconfig.loaded(inputs) as (content, folder):
        try:
            await config.load_kube_config_from_dict(
                content, client_configuration=configuration, temp_file_path=str(folder)
            )
            # Reads certificates and keys: the files are not needed any more.
            api = client.ApiClient(configuration)
        except (ConfigException, OSError, ValueError) as error:
            name = inputs["access"]["kubeconfig"]
            raise UsageError(f"{name}: cannot be used: {type(error).__name__}; {kubeconfig.HINT}") from None
    api.user_agent = "rackwright"
    try:
        yield Wire(api)
    finally:
        await api.close()
