"""Long lists: page by page, and from the beginning when the server has forgotten where we were."""

from __future__ import annotations

import asyncio

import pytest

from rackwright.kube import listing
from rackwright.kube.api import Said, connect


def names(ways_in, page):
    async def ask():
        async with connect(ways_in) as api:
            return [each["name"] for each in await listing.metadata(api, "/api/v1/nodes", page)]

    return asyncio.run(ask())


@pytest.fixture
def nodes(api):
    for number in range(25):
        api.world.put({"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{number:02}"}})


@pytest.mark.parametrize(("page", "pages"), [(10, 3), (25, 1), (500, 1)])
def test_every_page_is_fetched_once(api, ways_in, nodes, page, pages):
    assert names(ways_in, page) == [f"n{number:02}" for number in range(25)]
    assert len(api.log) == pages


def test_a_list_that_grew_too_old_begins_again(api, ways_in, nodes):
    api.world.old_lists = 1
    assert len(names(ways_in, 10)) == 25
    assert len(api.log) == 2 + 3
    api.world.old_lists = 9
    with pytest.raises(Said, match="grown too old"):
        names(ways_in, 10)
