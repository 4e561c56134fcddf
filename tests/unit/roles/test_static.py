"""What no role may have: each rule finds nothing in the roles, and finds the fault that is planted here."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.molecule.bench import FILES
from tests.molecule.table import rows

from rackwright.inventory.order import ORDER
from rackwright.locks import load_lock
from rackwright.paths import home
from rackwright.rolepages import page, roles

ROLES = roles()
ids = pytest.mark.parametrize("role", ROLES, ids=[role.name for role in ROLES])
WORDS = {
    "name", "when", "loop", "loop_control", "register", "vars", "changed_when", "failed_when", "check_mode",
    "diff", "notify", "retries", "delay", "until", "no_log", "timeout", "tags", "become", "delegate_to",
    "run_once", "throttle", "environment", "block", "rescue", "always",
}  # fmt: skip
FETCHES = {
    "get_url",
    "uri",
    "unarchive",
    "git",
    "apt",
    "apt_key",
    "apt_repository",
    "dnf",
    "yum",
    "package",
    "pip",
}
FETCHING = re.compile(r"\b(curl|wget|apt-get|apt|dnf|yum|pip|git|docker|ctr|crictl|skopeo)\b")
RUNS = {"command", "shell", "script", "raw"}
Task = dict[str, Any]


def tasks(role: Path) -> Iterator[tuple[str, Task]]:
    """(file, task) of every task of a role, those in blocks too."""
    for path in sorted([*role.glob("tasks/**/*.yml"), *role.glob("handlers/**/*.yml")]):
        for task in yaml.safe_load(path.read_text()) or []:
            yield from ((path.name, each) for each in flat(task))


def flat(task: Task) -> Iterator[Task]:
    yield task
    for key in ("block", "rescue", "always"):
        for each in task.get(key, []):
            yield from flat(each)


def modules(task: Task) -> list[str]:
    return [key for key in task if key not in WORDS]


def faults(task: Task) -> list[str]:
    """What is wrong with a task."""
    found = [] if str(task.get("name", "")).strip() else ["no name"]
    if "block" in task:
        return found
    for module in modules(task):
        if not re.fullmatch(r"[a-z_]+\.[a-z_]+\.[a-z_]+", module):
            found.append(f"{module}: no full name")
        if unbounded(module.rpartition(".")[2], task[module], task):
            found.append(f"{module}: a download without an end")
    return found


def unbounded(module: str, arguments: Any, task: Task) -> bool:
    """Whether a task fetches and may take for ever: neither it nor its module has a timeout."""
    bounded = "timeout" in task or (isinstance(arguments, dict) and "timeout" in arguments)
    if module in FETCHES:
        return not bounded
    return module in RUNS and bool(FETCHING.search(str(arguments))) and not bounded


def disagreements(defaults: dict[str, Any], options: dict[str, Any]) -> list[str]:
    """Where defaults and the argument specification differ."""
    wanted = {name: option["default"] for name, option in options.items() if "default" in option}
    return [
        name
        for name in {*defaults, *wanted}
        if name not in wanted or name not in defaults or defaults[name] != wanted[name]
    ]


@ids
def test_every_task_has_a_name_a_full_module_name_and_an_end(role: Path) -> None:
    assert [(file, task.get("name"), faults(task)) for file, task in tasks(role) if faults(task)] == []


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        ({"ansible.builtin.file": {"path": "/x"}}, "no name"),
        ({"name": " ", "ansible.builtin.file": {"path": "/x"}}, "no name"),
        ({"name": "A file", "file": {"path": "/x"}}, "file: no full name"),
        (
            {"name": "Fetch", "ansible.builtin.get_url": {"url": "u", "dest": "d"}},
            "a download without an end",
        ),
        ({"name": "Ask", "ansible.builtin.uri": {"url": "u"}}, "a download without an end"),
        ({"name": "Install", "ansible.builtin.apt": {"name": "x"}}, "a download without an end"),
        ({"name": "Run", "ansible.builtin.command": {"cmd": "curl -O u"}}, "a download without an end"),
        ({"name": "Run", "ansible.builtin.shell": "apt-get install x"}, "a download without an end"),
    ],
)
def test_a_planted_fault_is_found(task: Task, fault: str) -> None:
    assert any(fault in found for found in faults(task))
    inside = {"name": "Block", "block": [task]}
    assert any(fault in found for each in flat(inside) for found in faults(each))


@pytest.mark.parametrize(
    "task",
    [
        {"name": "Fetch", "ansible.builtin.get_url": {"url": "u", "dest": "d", "timeout": 20}},
        {"name": "Install", "ansible.builtin.apt": {"name": "x"}, "timeout": 300},
        {"name": "Run", "ansible.builtin.command": {"cmd": "update-initramfs -u"}},
    ],
)
def test_what_has_an_end_is_left_alone(task: Task) -> None:
    assert faults(task) == []


def test_every_task_ends_at_last() -> None:
    settings = configparser.ConfigParser()
    settings.read(home() / "ansible.cfg")
    assert 0 < settings.getint("defaults", "task_timeout") <= 900


@pytest.mark.parametrize(
    ("defaults", "options"),
    [
        ({"x_a": 1}, {"x_a": {"default": 2}}),
        ({"x_a": 1}, {"x_a": {"required": True}}),
        ({"x_a": 1}, {}),
        ({}, {"x_a": {"default": 2}}),
    ],
)
def test_defaults_that_disagree_are_found(defaults: dict[str, Any], options: dict[str, Any]) -> None:
    assert disagreements(defaults, options) == ["x_a"]


@ids
def test_defaults_and_specification_agree(role: Path) -> None:
    options = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"][
        "options"
    ]
    assert disagreements(yaml.safe_load((role / "defaults/main.yml").read_text()) or {}, options) == []


def test_a_stale_page_is_found(tmp_path: Path) -> None:
    (tmp_path / "meta").mkdir()
    text = (home() / "roles/base/meta/argument_specs.yml").read_text()
    (tmp_path / "meta/argument_specs.yml").write_text(text.replace("default: ", "default: 1", 1))
    assert (
        page(tmp_path).partition("\n")[2] != (home() / "roles/base/README.md").read_text().partition("\n")[2]
    )


# -- molecule -----------------------------------------------------------------------------------------


def untested(role: Path) -> list[str]:
    """What a role's test lacks."""
    folder = role / "molecule/default"
    files = ("molecule.yml", "converge.yml", f"tests/test_{role.name}.py")
    found = [name for name in files if not (folder / name).is_file()]
    return found + ([] if role.name in rows() else ["a row in tests/molecule/roles.yaml"])


@ids
def test_every_role_has_a_scenario_and_a_row(role: Path) -> None:
    assert untested(role) == []


def test_a_role_without_a_test_is_found(tmp_path: Path) -> None:
    assert untested(tmp_path / "novel") == [
        "molecule.yml",
        "converge.yml",
        "tests/test_novel.py",
        "a row in tests/molecule/roles.yaml",
    ]


def test_rows_name_what_there_is() -> None:
    order = [entry.role for entry in ORDER]
    for row in rows().values():
        assert (home() / "roles" / row.role).is_dir()
        assert (FILES / f"{row.bench}.yaml").is_file()
        assert list(row.after) == [role for role in order if role in row.after], "in the order of a whole run"
        if row.upgrade:
            lock = yaml.safe_load((FILES / f"{row.bench}.yaml").read_text())["lock"]
            assert load_lock(lock).previous == row.upgrade


def test_ansible_lint_skips_no_rule() -> None:
    settings = yaml.safe_load((home() / ".ansible-lint").read_text())
    assert settings["profile"] == "production"
    assert not {"skip_list", "warn_list", "kinds", "mock_modules"} & settings.keys()
    assert not [
        path for path in settings["exclude_paths"] if path.startswith(("roles", "playbooks", "collections"))
    ]


SENT = re.compile(r"^\s*(?:from|import) ansible_collections\.\S+\.plugins\.modules\b", re.MULTILINE)
"""What a module asks of another one: Ansible sends ``module_utils`` with a module, and no other module."""


def test_no_module_needs_another_one_on_the_host() -> None:
    folder = home() / "collections/ansible_collections/rackwright/node/plugins"
    files = [*folder.glob("modules/*.py"), *folder.glob("module_utils/*.py")]
    assert len(files) > 50
    assert [path.name for path in files if SENT.search(path.read_text())] == []
    assert SENT.search("\nfrom ansible_collections.rackwright.node.plugins.modules.nccl import settings")


MODULES = sorted((home() / "collections/ansible_collections/rackwright/node/plugins/modules").glob("*.py"))


def _described(text: str) -> dict[str, Any]:
    """Options that a module's documentation describes."""
    values = {
        name.id: each.value
        for each in ast.parse(text).body
        if isinstance(each, ast.Assign)
        for name in each.targets
        if isinstance(name, ast.Name)
    }
    found: dict[str, Any] = yaml.safe_load(ast.literal_eval(values["DOCUMENTATION"]))
    return found


@pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])
def test_a_modules_documentation_can_be_read(path: Path) -> None:
    """ansible-doc refuses the module otherwise; what runs it does not look."""
    assert _described(path.read_text())["module"] == path.stem


def test_documentation_that_cannot_be_read_is_found() -> None:
    with pytest.raises(yaml.YAMLError):
        _described('DOCUMENTATION = """\ndescription:\n  - What it does\n    where: it breaks\n"""\n')
