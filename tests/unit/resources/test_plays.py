"""A playbook for some roles: the site's own plays, in its order, and nothing of other roles."""

from __future__ import annotations

import pytest
import yaml

from rackwright.errors import UsageError
from rackwright.inventory.order import ORDER
from rackwright.resources.plays import playbook


def roles(text: str) -> list[str]:
    return [row["role"] for play in yaml.safe_load(text) for row in play["roles"]]


def test_every_role_that_servers_get_has_a_play_and_the_order_is_the_same() -> None:
    every = [entry.role for entry in ORDER]
    assert roles(playbook(every)) == every


def test_other_roles_are_not_even_read() -> None:
    text = playbook(["nccl", "base"])
    assert roles(text) == ["base", "nccl"]
    for play in yaml.safe_load(text):
        [row] = play["roles"]
        assert row["tags"] == [row["role"]], "a run by tags finds it"
        assert play["gather_facts"] is False


def test_a_role_without_a_play_is_said() -> None:
    with pytest.raises(UsageError, match="no play for nothing, nowhere"):
        playbook(["base", "nowhere", "nothing"])
