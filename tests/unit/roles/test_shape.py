"""Every role has the one fixed shape, and its page says what its specification says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rackwright.paths import home
from rackwright.rolepages import page, roles

ROLES = roles()
STEPS = ("preflight", "install", "configure", "service", "verify")
FOUNDATION = frozenset({"base", "glusterfs", "host_network"})
"""Roles without which a machine cannot be reached or found: nobody takes them away."""
ids = pytest.mark.parametrize("role", ROLES, ids=[role.name for role in ROLES])


def spec(role: Path) -> dict[str, Any]:
    data = yaml.safe_load((role / "meta/argument_specs.yml").read_text())
    return data["argument_specs"]["main"]["options"]


def flat(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tasks, those in blocks with the block's condition."""
    rows = []
    for task in found:
        inside = flat(task["block"]) if "block" in task else []
        rows += [{"when": task["when"], **each} if "when" in task else each for each in inside] or [task]
    return rows


def tasks(role: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(role.glob("tasks/*.yml")) + sorted(role.glob("handlers/*.yml")):
        found += yaml.safe_load(path.read_text())
    return flat(found)


def steps_of(role: Path) -> dict[str, str]:
    """Step to the condition under which main.yml takes it, in order."""
    found = {}
    for task in flat(yaml.safe_load((role / "tasks/main.yml").read_text())):
        words = ("ansible.builtin.import_tasks", "ansible.builtin.include_tasks")
        name = next(task[word] for word in words if word in task)
        found[Path(name).stem] = str(task.get("when", ""))
    return found


def test_there_are_roles() -> None:
    assert {role.name for role in ROLES} >= {"base", "host_network", "nvidia_driver", "nccl", "glusterfs"}


@ids
def test_readme_is_not_stale(role: Path) -> None:
    assert (role / "README.md").read_text() == page(role), "run: python -m rackwright.rolepages"


def test_a_changed_option_makes_the_page_stale(tmp_path: Path) -> None:
    copy = tmp_path / "nccl"
    (copy / "meta").mkdir(parents=True)
    text = (home() / "roles/nccl/meta/argument_specs.yml").read_text()
    (copy / "meta/argument_specs.yml").write_text(text.replace("nccl_version:", "nccl_release:"))
    assert page(copy) != (home() / "roles/nccl/README.md").read_text()


@ids
def test_options_are_typed_described_and_prefixed(role: Path) -> None:
    for name, option in spec(role).items():
        assert name.startswith(f"{role.name}_")
        assert option["type"], name
        assert option["description"].endswith("."), name
        assert ("default" in option) != bool(option.get("required")), name


@ids
def test_defaults_are_those_of_the_specification(role: Path) -> None:
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text()) or {}
    wanted = {name: option["default"] for name, option in spec(role).items() if "default" in option}
    assert defaults == wanted


@ids
def test_main_names_the_steps_in_order(role: Path) -> None:
    path = role / "tasks/main.yml"
    assert len(path.read_text().splitlines()) <= 20
    steps = list(steps_of(role))
    assert steps == [step for step in ("remove", *STEPS) if step in steps]
    assert {"preflight", "install", "verify"} <= set(steps)


@ids
def test_what_a_role_brings_it_takes_away_again(role: Path) -> None:
    if role.name in FOUNDATION:
        return
    option = spec(role)[f"{role.name}_state"]
    assert (option["default"], option["choices"]) == ("present", ["present", "absent"])
    assert (role / "tasks/remove.yml").is_file()
    for step, condition in steps_of(role).items():
        wanted = "absent" if step == "remove" else "present"
        assert condition.startswith(f"{role.name}_state == '{wanted}'"), step


@ids
def test_packages_that_a_role_pins_are_taken_away_with_their_pins(role: Path) -> None:
    """A pin that stays behind holds the next version down, and nobody knows why."""
    asked: dict[str, set[str]] = {"present": set(), "absent": set()}
    for task in tasks(role):
        packages = task.get("rackwright.node.packages", {})
        if packages.get("pin"):
            asked[packages.get("state", "present")].add(packages["pin"])
    assert role.name in FOUNDATION or asked["present"] == asked["absent"]


@ids
def test_tasks_never_ignore_errors_and_use_full_names(role: Path) -> None:
    words = {
        "name",
        "when",
        "loop",
        "loop_control",
        "register",
        "vars",
        "changed_when",
        "check_mode",
        "notify",
    }
    words |= {"retries", "delay", "until", "no_log", "become", "delegate_to", "failed_when", "timeout"}
    words |= {"throttle"}
    for task in tasks(role):
        assert "ignore_errors" not in task
        modules = [key for key in task if key not in words]
        assert len(modules) == 1, task
        assert re.fullmatch(
            r"(ansible\.(builtin|posix)|community\.general|rackwright\.node)\.\w+", modules[0]
        ), modules
        if modules[0] == "ansible.builtin.command":
            assert "changed_when" in task or "creates" in task[modules[0]], task["name"]


@ids
def test_each_playbook_role_has_its_own_tag(role: Path) -> None:
    found = []
    for path in (home() / "playbooks").glob("*.yml"):
        for play in yaml.safe_load(path.read_text()):
            found += [entry["tags"] for entry in play.get("roles", []) if entry["role"] == role.name]
    assert found == [[role.name]]


def test_daemon_files_are_checked_before_they_are_written() -> None:
    files = yaml.safe_load((home() / "roles/base/tasks/configure.yml").read_text())[0][
        "rackwright.node.files"
    ]
    checked = {entry["path"]: entry.get("validate") for entry in files["files"]}
    assert "sshd -t" in checked["/etc/ssh/sshd_config.d/10-rackwright.conf"]
    assert "chronyd -p" in checked["/etc/chrony/chrony.conf"]


def test_host_keys_are_always_checked() -> None:
    text = (home() / "ansible.cfg").read_text()
    assert "host_key_checking = True" in text
    assert "StrictHostKeyChecking=no" not in text
