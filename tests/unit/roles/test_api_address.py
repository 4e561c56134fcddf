"""Role api_address: what its preflight says of variables that cannot be."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest
import yaml

from rackwright.paths import home

ROLE = home() / "roles/api_address"
GOOD = {
    "api_address_address": "10.96.0.1",
    "api_address_own": "10.96.0.11",
    "api_address_peers": ["10.96.0.12", "10.96.0.13"],
    "api_address_router": 51,
    "api_address_priority": 254,
}


def reasons(**changes: Any) -> list[str]:
    tasks = yaml.safe_load((ROLE / "tasks/preflight.yml").read_text())
    fixed = yaml.safe_load((ROLE / "vars/main.yml").read_text())
    [text] = [
        task["vars"]["api_address_reasons"] for task in tasks if "api_address_reasons" in task.get("vars", {})
    ]
    strict = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - no page is made of it
    found = strict.compile_expression(text.strip().removeprefix("{{").removesuffix("}}"))
    return list(found(**fixed, **{**GOOD, **changes}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"api_address_priority": 121}, []),
        ({"api_address_router": 255}, []),
        (
            {"api_address_address": "10.96.0.11"},
            ["found 10.96.0.11, which one of the servers has of its own"],
        ),
        (
            {"api_address_address": "10.96.0.13"},
            ["found 10.96.0.13, which one of the servers has of its own"],
        ),
        ({"api_address_own": "10.96.0.12"}, ["found 10.96.0.12 among them, which is this server"]),
        ({"api_address_router": 0}, ["found 0, expected 1 to 255"]),
        ({"api_address_priority": 120}, ["found 120, expected 121 to 254"]),
        ({"api_address_priority": 255}, ["found 255, expected 121 to 254"]),
        (
            {"api_address_router": 256, "api_address_priority": 0},
            ["found 256, expected 1 to 255", "found 0, expected 121 to 254"],
        ),
    ],
)
def test_every_reason_is_said_at_once(changes: dict[str, Any], said: list[str]) -> None:
    assert [reason.partition(": ")[2] for reason in reasons(**changes)] == said
