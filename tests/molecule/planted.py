"""Roles with a fault each, so that every step is seen to find what it is for.

``python -m tests.molecule planted``, on a bench that is up (KEEP=1 leaves it).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.molecule.bench import Bench
from tests.molecule.box import Box
from tests.molecule.failure import Failed
from tests.molecule.prepared import Prepared
from tests.molecule.steps import Steps
from tests.molecule.table import Row

BENCH = "h100-debian13"
AFTER = ("base", "host_network")
LLDP = {"lldpd.service": ("/etc/lldpd.d/*.conf",)}
WRITE = {"name": "Write", "ansible.builtin.copy": {"dest": "/etc/planted", "content": "x\n", "mode": "0644"}}


def command(name: str, line: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "ansible.builtin.command": {"argv": ["sh", "-c", line]},
        "changed_when": False,
        **more,
    }


@dataclass(frozen=True)
class Fault:
    """A role, the steps to take, and what the last of them has to say."""

    name: str
    steps: tuple[str, ...]
    says: str
    tasks: tuple[dict[str, Any], ...]
    handlers: tuple[dict[str, Any], ...] = ()


ONCE = {"argv": ["sh", "-c", "echo x >> /etc/planted"], "creates": "/etc/planted.done"}
FAULTS = (
    Fault(
        "check_mode_wants_what_is_not_there",
        ("check",),
        "check before the first converge",
        (WRITE, {"name": "Read", "ansible.builtin.slurp": {"src": "/etc/planted"}}),
    ),
    Fault(
        "check_mode_writes",
        ("check",),
        "+ file /etc/planted",
        (command("Write", "echo x > /etc/planted", check_mode=False),),
    ),
    Fault(
        "says_changed_for_ever",
        ("check", "converge", "again"),
        "changed: planted : Write",
        (command("Write", "echo x > /etc/planted") | {"changed_when": True},),
    ),
    Fault(
        "changes_and_says_nothing",
        ("check", "converge", "again"),
        "file /etc/planted",
        (command("Write", "date +%N > /etc/planted"),),
    ),
    Fault(
        "a_kill_is_done_twice",
        ("check", "converge", "again", "kill"),
        "kill at every task",
        (
            {"name": "Append", "ansible.builtin.command": ONCE},
            {
                "name": "Mark",
                "ansible.builtin.copy": {"dest": "/etc/planted.done", "content": "", "mode": "0644"},
            },
        ),
    ),
    Fault(
        "a_handler_is_lost",
        ("check", "converge", "again", "kill"),
        "lldpd.service: began",
        (
            {
                "name": "Write",
                "ansible.builtin.copy": {
                    "dest": "/etc/lldpd.d/planted.conf",
                    "content": "# x\n",
                    "mode": "0644",
                },
                "notify": "Restart",
            },
            command("Go on", "sleep 2"),
        ),
        ({"name": "Restart", "ansible.builtin.systemd_service": {"name": "lldpd", "state": "restarted"}},),
    ),
    Fault(
        "a_removal_leaves_a_file",
        ("check", "converge", "again", "remove"),
        "+ file /etc/planted",
        (WRITE | {"when": "planted_state | default('present') == 'present'"},),
    ),
)


def unseen(bench: Bench) -> Iterator[str]:
    """Faults that their step did not find, with what it said instead."""
    server = next(server for server in bench.servers if server.role == "storage")
    box = Box(bench, server.name)
    steps = Steps(Row("planted", BENCH, AFTER, services=LLDP), box)
    for fault in FAULTS:
        _plant(bench.folder / "plays" / box.server / "roles/planted", fault)
        Prepared(box).boot((), {})
        steps.prepare()
        said = _taken(steps, fault)
        print(f"{fault.name}: {'seen' if fault.says in said else 'NOT SEEN'}", flush=True)
        if fault.says not in said:
            yield f"{fault.name}: expected {fault.says!r}, found {said!r}"
    box.off()


def _plant(role: Path, fault: Fault) -> None:
    shutil.rmtree(role, ignore_errors=True)
    for name, tasks in (("tasks", fault.tasks), ("handlers", fault.handlers)):
        (role / name).mkdir(parents=True)
        (role / name / "main.yml").write_text(yaml.safe_dump(list(tasks)))


def _taken(steps: Steps, fault: Fault) -> str:
    """What the last step said; an earlier one that fails is no proof of it."""
    for name in fault.steps[:-1]:
        try:
            getattr(steps, name)()
        except Failed as problem:
            return f"in {name} already: {problem}"
    try:
        getattr(steps, fault.steps[-1])()
    except Failed as problem:
        return str(problem)
    return ""
