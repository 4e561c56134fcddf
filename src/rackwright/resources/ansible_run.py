"""One ansible-playbook run through ansible-runner, with results as data: one record for each host.

The private directory lies in memory and goes with the run; runner is told to write no environment files,
because they would hold what the environment holds. SSH knows pinned host keys only and gives up on a silent
host.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner

from rackwright.paths import home
from rackwright.resources.plays import playbook
from rackwright.secrets import MEMORY

TASK_SECONDS = 300
"""A task that hangs is ended on its host, and costs the others no more than this."""
RUN_SECONDS = 1800
FORKS = 25
LINE_BYTES = 1 << 26
"""Longest line between the two processes: the outcome, with the differences of all hosts."""
DIFF_CHARACTERS = 2000
_FAILED = ("runner_on_failed", "runner_on_async_failed", "runner_item_on_failed")


@dataclass(frozen=True, slots=True)
class Order:
    """What to run. ``inventory`` is the cluster file, which the inventory plugin reads."""

    inventory: Path
    hosts: Sequence[str]
    roles: Sequence[str]
    user: str
    key: Path
    known_hosts: Path
    check: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)
    """Beside the inventory's and above them."""
    seconds: float = RUN_SECONDS


@dataclass(slots=True)
class HostResult:
    """What happened on one host. ``tasks`` are those that changed something, or would, with a difference."""

    host: str
    ok: int = 0
    changed: int = 0
    failed: str = ""
    unreachable: bool = False
    seconds: float = 0.0
    tasks: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole run. ``problem`` stopped it when no host is to blame (a syntax error, a missing role)."""

    hosts: Mapping[str, HostResult]
    problem: str = ""


async def run(order: Order, tell: Callable[[str], None]) -> Outcome:
    """Run it in a process of its own; when the caller is cancelled, so is the run.

    ansible-runner forks, and a process that serves gRPC (the provider plugin) must not be forked: its threads
    are not there in the child, which then may die before it becomes ansible-playbook. Seen now and then.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "rackwright.resources.ansible_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
        start_new_session=True,  # an interruption at the keyboard is ours to pass on, or not
    )
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise RuntimeError("a process without pipes")
    errors = asyncio.create_task(process.stderr.read())
    process.stdin.write(json.dumps(asdict(order), default=str).encode())
    process.stdin.close()
    outcome: Outcome | None = None
    try:
        async with asyncio.timeout(order.seconds + TASK_SECONDS):
            async for line in process.stdout:
                message = json.loads(line)
                if "tell" in message:
                    tell(message["tell"])
                else:
                    hosts = {host: HostResult(**row) for host, row in message["hosts"].items()}
                    outcome = Outcome(hosts, message["problem"])
            await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if outcome is None:
        said = " ".join((await errors).decode(errors="replace").split())[-500:]
        return Outcome({}, said or f"the process that runs Ansible ended with {process.returncode}")
    return outcome


def run_here(order: Order, tell: Callable[[str], None], stop: threading.Event) -> Outcome:
    """Run it in this process, which must be one that may be forked."""
    found = {host: HostResult(host) for host in order.hosts}
    said: list[str] = []

    def take(event: Mapping[str, Any]) -> bool:
        _take(event, found, said, tell)
        return False  # runner need not keep the event

    with tempfile.TemporaryDirectory(
        dir=MEMORY if MEMORY.is_dir() else None, prefix="rackwright-"
    ) as private:
        variables = Path(private) / "variables.json"
        variables.write_text(json.dumps(dict(order.variables)), encoding="utf-8")
        plays = Path(private) / "plays.yml"
        plays.write_text(playbook(order.roles), encoding="utf-8")
        options = f"--extra-vars @{variables} {'--check --diff' if order.check else '--diff'}"
        done = ansible_runner.run(
            private_data_dir=private,
            project_dir=str(home()),
            playbook=str(plays),
            inventory=str(order.inventory),
            limit=",".join(order.hosts),
            tags=",".join(order.roles),
            cmdline=options,
            forks=min(FORKS, len(order.hosts)),
            envvars=environment(order, Path(private)),
            settings={"job_timeout": int(order.seconds), "pexpect_timeout": 5},
            suppress_env_files=True,
            quiet=True,
            event_handler=take,
            cancel_callback=stop.is_set,
        )
    # A run that was cut short says nothing of the hosts that had not failed by then.
    blame = any(result.failed for result in found.values()) and done.status not in ("timeout", "canceled")
    problem = (
        ""
        if done.rc == 0 or blame
        else (" ".join(said[-3:]) or f"ansible-playbook {done.status}, rc {done.rc}")
    )
    return Outcome(found, problem)


def _take(
    event: Mapping[str, Any], found: dict[str, HostResult], said: list[str], tell: Callable[[str], None]
) -> None:
    kind, data = event.get("event", ""), event.get("event_data", {})
    result = found.get(str(data.get("host", "")))
    if kind in ("error", "verbose", "warning") and event.get("stdout"):
        said.append(str(event["stdout"]).strip()[-500:])
    if kind == "playbook_on_task_start":
        tell(f"{data.get('role') or 'play'}: {data.get('task', '')}")
    if result is None:
        return
    result.seconds = round(result.seconds + float(data.get("duration") or 0), 1)
    task = f"{data.get('role') or 'play'}: {data.get('task', '')}"
    answer = data.get("res") or {}
    if kind == "runner_on_ok":
        result.ok += 1
        if answer.get("changed"):
            result.changed += 1
            result.tasks.append({"task": task, "diff": _difference(answer)})
    elif kind == "runner_on_unreachable":
        result.unreachable = True
        result.failed = f"{task}: no SSH answer: {_words(answer)}"
    elif kind in _FAILED and not data.get("ignore_errors"):
        # A loop's last word is only that something failed; what it was has been said of the item.
        said_already = kind != "runner_item_on_failed" and result.failed.startswith(f"{task}: ")
        result.failed = result.failed if said_already else f"{task}: {_words(answer)}"


def _words(answer: Mapping[str, Any]) -> str:
    """The reason of a failure. A task under no_log has been censored before it comes here."""
    text = answer.get("msg") or answer.get("stderr") or answer.get("censored") or "no reason given"
    return " ".join(str(text).split())[:600]


def _difference(answer: Mapping[str, Any]) -> str:
    """A task's difference as text, cut to a size that state can hold."""
    parts = answer.get("diff") or []
    lines = []
    for part in parts if isinstance(parts, list) else [parts]:
        if isinstance(part, Mapping):
            lines.append(str(part.get("prepared") or _sides(part)))
    return "\n".join(line for line in lines if line)[:DIFF_CHARACTERS]


def _sides(part: Mapping[str, Any]) -> str:
    before, after = str(part.get("before", "")), str(part.get("after", ""))
    name = part.get("after_header") or part.get("before_header") or ""
    return f"{name}: {before!r} -> {after!r}" if before != after else ""


def environment(order: Order, private: Path) -> dict[str, str]:
    """Settings of one run; everything that Ansible would write at home goes to the private directory."""
    sockets = control_directory(order.known_hosts)
    ssh = {
        "ControlMaster": "auto",
        "ControlPersist": "60s",
        "UserKnownHostsFile": str(order.known_hosts),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "IdentitiesOnly": "yes",
        "PreferredAuthentications": "publickey",
        "ConnectTimeout": "10",
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "3",
    }
    return {
        # Our own ansible-playbook, wherever the shell that called us would look.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "ANSIBLE_CONFIG": str(home() / "ansible.cfg"),
        "ANSIBLE_HOME": str(private / "home"),
        "ANSIBLE_LOCAL_TEMP": str(private / "tmp"),
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_PRIVATE_KEY_FILE": str(order.key),
        "ANSIBLE_REMOTE_USER": order.user,
        "ANSIBLE_SSH_ARGS": " ".join(f"-o {name}={value}" for name, value in ssh.items()),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets),
        "ANSIBLE_TASK_TIMEOUT": str(TASK_SECONDS),
        "ANSIBLE_TIMEOUT": "15",
    }


def control_directory(known_hosts: Path) -> Path:
    """Where SSH keeps its shared connections: short (a socket's path has 107 bytes), ours alone.

    :raises PermissionError: somebody else made it.
    """
    tag = hashlib.sha256(str(known_hosts.resolve()).encode()).hexdigest()[:10]
    folder = Path(MEMORY if MEMORY.is_dir() else tempfile.gettempdir()) / f"rw-{os.getuid()}-{tag}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder
