"""The steps of a role's test. Each raises :class:`Failed` with what differed."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.playbook import Played
from tests.molecule import services
from tests.molecule.bench import Bench
from tests.molecule.box import Box
from tests.molecule.failure import Failed
from tests.molecule.fingerprint import fingerprint, settled
from tests.molecule.play import Play
from tests.molecule.prepared import Prepared
from tests.molecule.table import Row, rows

ALL = ("create", "prepare", "check", "again", "kill", "restart", "remove", "upgrade", "destroy")
LONGEST = 200
"""Tasks of a run that never comes to its end."""


@dataclass(frozen=True)
class Steps:
    """The test of one role on one machine. Fingerprints are kept in a folder between two steps."""

    row: Row
    box: Box

    @classmethod
    def of(cls, role: str, server: str) -> Steps:
        row = rows()[role]
        return cls(row, Box(Bench(row.bench), server))

    @property
    def folder(self) -> Path:
        path = self.box.bench.folder / "roles" / self.row.role
        path.mkdir(parents=True, exist_ok=True)
        return path

    def take(self, name: str) -> None:
        """Take a step, and note that it was taken: molecule passes over a playbook that it cannot find."""
        begun = time.monotonic()
        try:
            getattr(self, name)()
        except Failed as problem:
            self.failure.write_text(f"{problem}\n")
            raise
        if name == "rest":
            return
        taken = {} if name == "create" else self.taken()
        text = json.dumps({**taken, name: round(time.monotonic() - begun, 1)})
        (self.folder / "taken.json").write_text(text)

    @property
    def failure(self) -> Path:
        """What the last step that failed has to say."""
        return self.folder / "failure.txt"

    def taken(self) -> dict[str, float]:
        """Seconds of each step that came to its end, since the machine was created."""
        path = self.folder / "taken.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def rest(self) -> None:
        """What needs no molecule in between, in one process."""
        for name in ("kill", "restart", "remove", "upgrade"):
            self.take(name)

    # -- what molecule calls ---------------------------------------------------------------------------

    def create(self) -> None:
        """A machine as its installation leaves it."""
        Prepared(self.box).boot((), {})

    def prepare(self) -> None:
        """The roles before it, and what the machine is then."""
        self._before()
        self._save("before", fingerprint(self.box))

    def check(self) -> None:
        """Check mode on a machine that has nothing of the role: no failure, and no change."""
        played = self._play("--check", "--diff")
        self._no_failure("check before the first converge", played)
        self._same("check before the first converge", "before")
        self._save("would", [str(n) for n in changed_tasks(played)])

    def converge(self) -> None:
        """As molecule does it; for roles that have no scenario."""
        self._no_failure("converge", self._play())

    def again(self) -> None:
        """After molecule's converge: a second run changes nothing, and check mode has nothing to say."""
        self._save("after", fingerprint(self.box))
        self._nothing_to_do("second run", self._play())
        self._same("second run", "after")
        checked = self._play("--check", "--diff")
        self._nothing_to_do("check after the converge", checked)
        if shown := [json.dumps(each) for each in checked.diffs()]:
            self._fail("check after the converge", shown)
        self._same("check after the converge", "after")

    def kill(self) -> None:
        """Kill at every task, and a moment into those that change something; the next run goes on."""
        self._before()
        dice = random.Random(self.row.role)  # noqa: S311 - a repeatable choice of moments
        would = {int(n) for n in self._load("would")}
        for task in range(1, LONGEST):
            self.box.wait()  # a run that was killed may have begun a reboot
            played = self._run(kill_at=task)
            if played is not None:
                break
            if task in would:
                self._run(kill_at=task, kill_after=dice.uniform(0.1, 1.2))
        else:
            self._fail("kill at every task", [f"no end after {LONGEST} tasks"])
        self._no_failure("run after the last kill", played)
        self._same("kill at every task", "after", self.row.drifts)
        self._young("kill at every task")

    def restart(self) -> None:
        """A run that was killed between a file's change and its service's restart loses nothing."""
        if services.touch(self.box, self.row.services):
            self._no_failure("run after a lost restart", self._play())
        self._young("run after a lost restart")
        self._same("run after a lost restart", "after", self.row.drifts)

    def remove(self) -> None:
        """All that came goes, but for what a person tidies up: packages nobody needs, and what is loaded."""
        if not self.row.removable:
            return
        absent = {f"{self.row.role}_state": "absent"}
        self._no_failure("removal", self._play(**absent))
        self._gone()
        self._nothing_to_do("second removal", self._play(**absent))
        self._nothing_to_do("check of a removal", self._play("--check", **absent))
        self.box.tidy()
        self._same("removal", "before", self.row.stays)

    def upgrade(self) -> None:
        """From the previous lock to this one and back, with the roles before it."""
        if self.row.upgrade is None:
            return
        own = [role for role in self.row.after if role not in FOUNDATION]
        Prepared(self.box).boot(
            tuple(role for role in self.row.after if role in FOUNDATION), self.row.variables
        )
        first: list[str] = []
        for step, lock in (
            ("converge with the previous lock", self.row.upgrade),
            ("upgrade", None),
            ("downgrade", self.row.upgrade),
        ):
            play = Play(self.box, (*own, self.row.role), lock, self.row.variables)
            self._no_failure(step, play.run())
            self._nothing_to_do(f"second run after the {step}", play.run())
            self._young(step)
            if step == "upgrade":
                self._same(step, "after", self.row.drifts)
            elif not first:
                first = fingerprint(self.box)
            elif found := settled(self.box, first, (*self.row.drifts, *self.row.back)):
                self._fail(step, found)

    def destroy(self) -> None:
        """Power off; the disk is thrown away by the next create."""
        self.box.off()

    # -- how ------------------------------------------------------------------------------------------

    def _before(self) -> None:
        Prepared(self.box).boot(self.row.after, self.row.variables)

    def _run(self, *words: str, kill_at: int = 0, kill_after: float = 0.0, **extra: str) -> Played | None:
        play = Play(self.box, (self.row.role,), extra={**self.row.variables, **extra})
        return play.run(*words, kill_at=kill_at, kill_after=kill_after)

    def _play(self, *words: str, **extra: str) -> Played:
        played = self._run(*words, **extra)
        assert played is not None, "nobody asked for its end"
        return played

    def _no_failure(self, step: str, played: Played | None) -> None:
        if played is None:
            self._fail(step, ["was killed"])
        elif played.failed() or played.code:
            self._fail(step, [f"{task}: {text}" for task, _, text in played.failed()] or ["unreachable"])

    def _nothing_to_do(self, step: str, played: Played | None) -> None:
        self._no_failure(step, played)
        if played and played.changed():
            self._fail(step, [f"changed: {task}" for task, _ in played.changed()])

    def _same(self, step: str, wanted: str, stays: Sequence[str] = ()) -> None:
        if found := settled(self.box, self._load(wanted), stays):
            self._fail(step, found)

    def _young(self, step: str) -> None:
        if found := services.stale(self.box, self.row.services):
            self._fail(step, found)

    def _gone(self) -> None:
        lines = fingerprint(self.box)
        wanted = [f"file {path} " for path in self.row.gone.files]
        wanted += [f"unit {unit} " for unit in self.row.gone.units]
        wanted += [f"{package} " for package in self.row.gone.packages]
        left = [
            line
            for line in lines
            if line.startswith(tuple(wanted)) and not line.endswith((" absent", "config-files"))
        ]
        if left:
            self._fail("removal", [f"still there: {line}" for line in left])

    def _save(self, name: str, lines: Sequence[str]) -> None:
        (self.folder / f"{name}.json").write_text(json.dumps(list(lines), indent=0))

    def _load(self, name: str) -> list[str]:
        return list(json.loads((self.folder / f"{name}.json").read_text()))

    def _fail(self, step: str, lines: Sequence[str]) -> None:
        raise Failed(self.row.role, step, "\n  " + "\n  ".join(lines[:60]))


FOUNDATION = ("base", "host_network", "glusterfs")
"""Roles without a version in a lock."""


def changed_tasks(played: Played) -> list[int]:
    """Numbers, from 1, of the tasks that changed something."""
    return [n for n, (_, _, result) in enumerate(played.results, 1) if result.get("changed")]
