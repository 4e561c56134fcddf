"""Long lists page by page; a list that has grown too old on the way is begun again."""

from __future__ import annotations

from rackwright.kube.api import Api, Json, Said

PAGE = 500
ONLY_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
BEGIN_AGAIN = 3


async def metadata(api: Api, collection: str, page: int = PAGE) -> list[Json]:
    """``metadata`` of every object in a collection.

    :raises Said: the server refuses, or the list grew too old several times.
    """
    return [each["metadata"] for each in await _patient(api, collection, page, ONLY_METADATA)]


async def objects(api: Api, collection: str, page: int = PAGE) -> list[Json]:
    """Every object in a collection, whole.

    :raises Said: as above.
    """
    return await _patient(api, collection, page, "application/json")


async def _patient(api: Api, collection: str, page: int, accept: str) -> list[Json]:
    for attempt in range(BEGIN_AGAIN):
        try:
            return await _all(api, collection, page, accept)
        except Said as said:
            # 410: the server has forgotten the state that the list was begun in.
            if said.code != 410 or attempt == BEGIN_AGAIN - 1:
                raise
    raise AssertionError("the loop returns or raises")


async def _all(api: Api, collection: str, page: int, accept: str) -> list[Json]:
    found: list[Json] = []
    token = ""
    while True:
        query = [("limit", str(page)), *([("continue", token)] if token else [])]
        answer = await api.get(collection, *query, accept=accept)
        found += answer.get("items") or ()
        token = (answer.get("metadata") or {}).get("continue") or ""
        if not token:
            return found
