"""One engine, one world, one plan: what the tests of the engines are written with."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rackwright.engine import find, operation, project, stack, state
from rackwright.engine.events import Event, Summary
from rackwright.engine.workspace import Workspace

HERE = Path(__file__).parent
FIXTURE = HERE / "fixture"
STACK = "t.core"
Things = Mapping[str, Mapping[str, Any]]


def need_pulumi() -> None:
    if shutil.which("pulumi") is None:
        pytest.skip("Pulumi's own engine is not on PATH")


def descendants(pid: int) -> list[int]:
    """A process and all that it has started, whatever session they are in."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Bench:
    """Runs the fixture stack with one engine."""

    def __init__(self, engine: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.engine, self.state_dir = engine, folder / "state"
        self.world_dir, self._plan = folder / "world", folder / "plan.json"
        self.world_dir.mkdir(parents=True)
        self.events: list[Event] = []
        for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("RACKWRIGHT_TEST_WORLD", str(self.world_dir))
        monkeypatch.setenv("RACKWRIGHT_TEST_PLAN", str(self._plan))
        monkeypatch.setenv("RACKWRIGHT_HANDLERS", "nouns:HANDLERS")
        monkeypatch.setenv("PYTHONPATH", str(HERE), prepend=os.pathsep)
        monkeypatch.setenv("PULUMI_HOME", str(folder / "home"))

    def plan(self, things: Things, **more: object) -> None:
        """What the program declares from now on."""
        self._plan.write_text(json.dumps({"things": things, **more}))

    def fault(self, **faults: Mapping[str, str]) -> None:
        """Faults by thing; none clears them all."""
        new = self.world_dir / "faults.new"
        new.write_text(json.dumps(faults))
        new.replace(self.world_dir / "faults.json")

    def run(self, act: str, *, expect_no_changes: bool = False) -> Summary:
        self.events = []
        return stack.run(
            act,
            FIXTURE,
            STACK,
            {"greeting": "hello"},
            state_dir=self.state_dir,
            engine=self.engine,
            on_event=self.events.append,
            expect_no_changes=expect_no_changes,
            timeout=100,
        )

    def good(self, act: str) -> Summary:
        summary = self.run(act)
        assert summary.exit_code == 0, (summary, self.events)
        return summary

    def start(self, act: str, *more: str) -> subprocess.Popen[str]:
        """Begin a run and leave it to the test."""
        module = "rackwright.engine" if self.engine == "in-process" else "rackwright.engine.pulumi"
        command = [sys.executable, "-m", module, act, "--json", "--yes", "--project-dir", str(FIXTURE)]
        command += ["--stack", STACK, "--state-dir", str(self.state_dir), "--config", "greeting=hello", *more]
        return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def kill_when(self, act: str, condition: Callable[[], bool]) -> None:
        """Begin a run and SIGKILL it and all its children as soon as the condition holds."""
        process = self.start(act)
        wait_for(condition)
        for pid in descendants(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=20)

    @property
    def acts(self) -> list[str]:
        """Every act that has touched the world, in order."""
        path = self.world_dir / "acts.log"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def world(self) -> dict[str, Any]:
        """The things that are there, by name."""
        return {
            p.stem: json.loads(p.read_text()) for p in self.world_dir.glob("*.json") if p.stem != "faults"
        }

    def spoil(self, name: str, **properties: object) -> None:
        """Change a thing behind the engine's back."""
        path = self.world_dir / f"{name}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **properties}))

    def remembered(self) -> dict[str, Any]:
        """Resources and outputs as the engine remembers them."""
        if self.engine == "in-process":
            known = state.load(operation.state_path(self.state_dir, "fixture", STACK))
            resources = [(r.urn, r.id, r.inputs, r.outputs) for r in known.resources.values()]
            return {"outputs": dict(known.outputs), **_by_urn(resources)}
        engine = find.local()
        assert engine is not None
        exported = Workspace(engine, project.load(FIXTURE), STACK, self.state_dir).export()
        listed = exported.get("resources") or []
        own = [r for r in listed if not r["type"].startswith("pulumi:")]
        outputs = [r.get("outputs") or {} for r in listed if r["type"] == "pulumi:pulumi:Stack"]
        resources = [(r["urn"], r.get("id", ""), r.get("inputs") or {}, r.get("outputs") or {}) for r in own]
        return {"outputs": outputs[0] if outputs else {}, **_by_urn(resources)}

    @property
    def names(self) -> set[str]:
        """Names of the resources that the engine remembers, without the component."""
        return {urn.rsplit("::", 1)[1] for urn in self.remembered() if "::" in urn} - {"world"}

    def changes(self, name: str) -> dict[str, Any]:
        """The property differences that the last run has told of one resource."""
        ends = [event for event in self.events if event["event"] == "end" and event["name"] == name]
        assert len(ends) == 1, ends
        found: dict[str, Any] = ends[0]["changes"]
        return found


def _by_urn(resources: list[tuple[str, str, Any, Any]]) -> dict[str, Any]:
    return {
        urn: {"id": id_, "inputs": json.loads(json.dumps(inputs)), "outputs": json.loads(json.dumps(outputs))}
        for urn, id_, inputs, outputs in resources
    }
