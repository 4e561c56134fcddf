"""Disks that were kept: a machine with some roles on it, made once and restored whenever it is wanted."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from tests.molecule.box import Box
from tests.molecule.failure import Failed
from tests.molecule.play import Play

BLANK: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """The kept disks of one machine."""

    box: Box

    @property
    def _index(self) -> Path:
        return self.box.machine.dir / "prepared.json"

    def _known(self) -> dict[str, list[str]]:
        return json.loads(self._index.read_text()) if self._index.exists() else {}

    def blank(self) -> None:
        """Keep the disk as the installation left it; once in a bench's life."""
        if _key(BLANK) not in self._known():
            self._keep(BLANK)

    def forget(self) -> None:
        """All but the blank disk: the roles may have changed since."""
        blank = self._known()[_key(BLANK)]
        self._index.write_text(json.dumps({_key(BLANK): blank}))

    def boot(self, roles: tuple[str, ...], extra: dict) -> None:
        """Restore the machine with exactly these roles; those that no kept disk has are run and kept."""
        known = self._known()
        have = next(roles[:n] for n in range(len(roles), -1, -1) if _key(roles[:n]) in known)
        self.box.restore(known[_key(have)])
        if have == roles:
            return
        played = Play(self.box, roles[len(have) :], extra=extra).run()
        if played is None or played.failed() or played.code:
            raise Failed(roles[-1], "prepare", f"the roles before it failed: {played and played.failed()}")
        self._keep(roles)
        self.box.restore(self._known()[_key(roles)])

    def _keep(self, roles: tuple[str, ...]) -> None:
        stack = self.box.keep(f"{len(roles)}-{time.time_ns()}")
        self._index.write_text(json.dumps({**self._known(), _key(roles): stack}))


def _key(roles: tuple[str, ...]) -> str:
    return " ".join(roles)
