"""The order of roles is one table: playbooks, groups and stacks follow it."""

from __future__ import annotations

import yaml

from rackwright.inventory.order import ORDER
from rackwright.inventory.roles import VARIABLES
from rackwright.paths import home


def plays(name: str) -> list[tuple[str, str]]:
    """(hosts, role) of a playbook and of those that it imports, in order."""
    found = []
    for play in yaml.safe_load((home() / "playbooks" / name).read_text()):
        if "ansible.builtin.import_playbook" in play:
            found += plays(play["ansible.builtin.import_playbook"])
        else:
            found += [(play["hosts"], entry["role"]) for entry in play["roles"]]
    return found


def test_the_whole_playbook_runs_every_role_in_the_tables_order_on_its_own_group() -> None:
    assert plays("site.yml") == [(entry.role, entry.role) for entry in ORDER]


def test_each_role_is_there_and_named_once() -> None:
    names = [entry.role for entry in ORDER]
    assert len(names) == len(set(names))
    assert all((home() / "roles" / name).is_dir() for name in names)


def test_variables_are_of_roles_that_somebody_gets() -> None:
    assert set(VARIABLES) <= {entry.role for entry in ORDER}


def test_the_foundation_comes_first() -> None:
    parts = [entry.part for entry in ORDER]
    assert parts == sorted(parts), "foundation before platform"
