"""One stack under Pulumi's own engine, as far as Pulumi's state goes: made, configured, unlocked, settled.

The backend is ``$PULUMI_BACKEND_URL`` where that is set, else ``<state>/pulumi``. The passphrase is a state
secret that is passed as a file's name; nothing of ours is encrypted with it: secrets are never inputs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rackwright.engine import project
from rackwright.engine.events import OnEvent
from rackwright.engine.find import Pulumi, local
from rackwright.engine.state import write_atomically
from rackwright.errors import Locked, WorldRefused
from rackwright.lock import start_time
from rackwright.paths import state_dir
from rackwright.provider import life
from rackwright.provider.handlers import handler
from rackwright.secrets import write_once

SHORT_SECONDS = 120.0
"""Longest time for a command that only reads or writes Pulumi's own state."""


def environment(state: Path, found: Pulumi | None = None) -> dict[str, str]:
    """What ``pulumi`` needs to work on this cluster's stacks, also by hand; holds no secret."""
    own = {
        "PULUMI_BACKEND_URL": os.environ.get("PULUMI_BACKEND_URL") or f"file://{state / 'pulumi'}",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DEBUG_COMMANDS": "true",  # or there is no --event-log
        "NO_COLOR": "1",
    }
    if own["PULUMI_BACKEND_URL"].startswith("file://"):
        (state / "pulumi").mkdir(parents=True, exist_ok=True, mode=0o700)
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
        passphrase = state / "secrets" / "pulumi-passphrase"
        if not passphrase.exists():
            write_once(passphrase, secrets.token_urlsafe(32))
        own["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase)
    if found is not None:
        own["PATH"] = f"{found.folder}{os.pathsep}{os.environ['PATH']}"
    return own


@dataclass(slots=True)
class Workspace:
    """One stack of one project under Pulumi's engine."""

    engine: Pulumi
    project: project.Project
    stack: str
    state_dir: Path

    @property
    def _private(self) -> Path:
        """Pulumi writes ``Pulumi.<stack>.yaml`` beside ``Pulumi.yaml``: here, and not into the checkout."""
        return self.state_dir / "pulumi" / "projects" / self.project.name / self.stack

    @property
    def config_file(self) -> Path:
        return self._private / f"Pulumi.{self.stack}.yaml"

    def command(self, *arguments: str) -> list[str]:
        return [str(self.engine.folder / "pulumi"), "--non-interactive", *arguments, "--stack", self.stack]

    def environment(self) -> dict[str, str]:
        return {**os.environ, **environment(self.state_dir, self.engine)}

    def short(self, *arguments: str, cwd: Path | None = None, check: bool = True) -> str:
        """A command on Pulumi's own state.

        :raises WorldRefused: it failed.
        """
        try:
            done = subprocess.run(  # noqa: S603
                self.command(*arguments),
                cwd=cwd or self._private,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SHORT_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise WorldRefused(
                self.stack, f"pulumi {arguments[0]}", f"no answer in {SHORT_SECONDS:.0f} s"
            ) from error
        if check and done.returncode:
            raise WorldRefused(self.stack, f"pulumi {' '.join(arguments[:2])}", done.stderr.strip()[-2000:])
        return done.stdout if not done.returncode else ""

    def prepare(self, config: Mapping[str, str]) -> None:
        """Make the stack where there is none, and write its configuration."""
        self._private.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(self.project.folder / "Pulumi.yaml", self._private / "Pulumi.yaml")
        if not self.short("stack", "export", check=False):
            self.short("stack", "init", "--no-select")
        data: dict[str, Any] = {}
        if self.config_file.exists():
            data = yaml.safe_load(self.config_file.read_text()) or {}
        data["config"] = dict(config)
        write_atomically(self.config_file, yaml.safe_dump(data))

    def export(self) -> dict[str, Any]:
        """The stack's state: ``resources``, ``pending_operations``."""
        deployment: dict[str, Any] = json.loads(self.short("stack", "export"))["deployment"]
        return deployment

    def break_stale_lock(self, on_event: OnEvent) -> None:
        """Pulumi's own lock, left by a process that is gone, is taken away; a live one is respected.

        :raises Locked: the process that holds it runs, or runs elsewhere.
        """
        url = self.environment()["PULUMI_BACKEND_URL"]
        if not url.startswith("file://"):
            return
        folder = Path(url.removeprefix("file://")) / ".pulumi" / "locks" / "organization" / self.project.name
        for path in sorted((folder / self.stack).glob("*.json")):
            with contextlib.suppress(FileNotFoundError, ValueError):
                holder = json.loads(path.read_text())
                pid, host, since = int(holder["pid"]), str(holder["hostname"]), str(holder["timestamp"])
                if host != os.uname().nodename or start_time(pid) is not None:
                    raise Locked(f"stack {self.stack}", pid, host, since)
                text = f"lock taken over: left by pulumi process {pid} (since {since}), which no longer runs"
                on_event({"event": "log", "level": "warning", "text": text})
                self.short("cancel", "--yes")

    def settle(self, on_event: OnEvent) -> None:
        """After a kill: ask the world what became of the acts that nobody saw the end of, and record it.

        Pulumi leaves a create that was under way to a person; here its natural key finds what it made.
        """
        exported = json.loads(self.short("stack", "export"))
        deployment = exported["deployment"]
        pending = deployment.pop("pending_operations", None) or []
        if not pending:
            return
        text = f"an earlier run was killed in the middle of {len(pending)} acts; they are looked at again"
        on_event({"event": "log", "level": "warning", "text": text})
        creates = [one["resource"] for one in pending if one["type"] == "creating"]
        known = {item["urn"] for item in deployment["resources"]}
        made = [item for item in asyncio.run(_made(creates)) if item["urn"] not in known]
        deployment["resources"] += made
        edited = self._private / f"{self.stack}.settled.json"
        write_atomically(edited, json.dumps(exported))
        self.short("stack", "import", "--file", str(edited))
        edited.unlink()
        others = {one["resource"]["urn"] for one in pending if one["resource"]["urn"] in known}
        if others:
            targets = [part for urn in sorted(others) for part in ("--target", urn)]
            arguments = ("refresh", "--yes", "--skip-preview", "--config-file", str(self.config_file))
            self.short(*arguments, *targets, cwd=self.project.folder)


async def _made(creates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that exist after all, as Pulumi's state has them; ``initErrors`` has them updated next."""
    found = []
    for item in creates:
        observed = await life.read(handler(item["type"]), "", item.get("inputs") or {})
        if observed is not None:
            outputs = life.merged(observed.inputs, observed.outputs)
            more = {"id": observed.id, "outputs": outputs, "initErrors": ["interrupted create"]}
            found.append({**item, **more})
    return found


def main(cluster: str) -> None:
    """Print the variables that ``pulumi`` needs for a cluster's stacks, for a shell's ``eval``.

    :param cluster: name or path, as everywhere; the state goes by the name that the file gives.
    """
    # Late: the engine does not depend on the cluster file, only this convenience does.
    from rackwright.pipeline import plan

    found = local()
    for name, value in environment(state_dir(plan(cluster).design.name), found).items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
