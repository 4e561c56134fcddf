"""Which packages a role takes away: those of other branches, and none that another role has installed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.rackwright.node.plugins.modules import packages

DRIVER = {"nvidia-utils-580": "580.1"}
COMPANIONS = {"nvidia-compute-utils-580": "580.1"}


class Ended(Exception):
    """The module's answer."""


class Module:
    """As much of Ansible's module as the code asks."""

    check_mode = True

    def __init__(self) -> None:
        self.params: dict[str, Any] = {
            "instead_of": ["nvidia-compute-utils-[0-9]*"], "companions": COMPANIONS, "pin": "", "hold": False,
        }  # fmt: skip

    def exit_json(self, **answer: Any) -> None:
        raise Ended(answer["changed"], answer["diff"])


def changed(known: list[str]) -> bool:
    tool = SimpleNamespace(installed=lambda *_: DRIVER, known=lambda *_: known)
    with pytest.raises(Ended) as ended:
        packages.have(Module(), tool, DRIVER)  # type: ignore[arg-type]
    return bool(ended.value.args[0])


def test_a_package_of_another_role_stays() -> None:
    assert not changed(["nvidia-utils-580", "nvidia-compute-utils-580"])


def test_another_branch_goes() -> None:
    assert changed(["nvidia-compute-utils-570"])
