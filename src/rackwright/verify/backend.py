"""A testinfra backend that answers from a collected record: the same node tests, one round trip for a whole
host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from testinfra.backend import base

from rackwright.verify.facts import NotMeasured


class RecordBackend(base.BaseBackend):  # type: ignore[misc]
    """``record://<device>``: commands are looked up in ``<folder>/<device>.json``, nothing is run."""

    NAME = "record"
    folder: ClassVar[Path | None] = None
    """Where the records lie; set by the plugin's ``--records``."""

    def __init__(self, hostname: str, *args: object, **kwargs: object) -> None:
        super().__init__(hostname)
        self._answers: dict[str, Any] | None = None
        self._why = "no record"

    def _load(self) -> dict[str, Any]:
        if self._answers is None:
            if self.folder is None:
                raise NotMeasured("no folder of records (--records)")
            data = json.loads((self.folder / f"{self.hostname}.json").read_text(encoding="utf-8"))
            self._answers, self._why = data["commands"], data.get("wrong") or "not asked by the collector"
        return self._answers

    def run(self, command: str, *args: str, **kwargs: object) -> base.CommandResult:
        """The recorded answer to a command.

        :raises NotMeasured: the machine did not answer, the command is not among what the collector asks,
        or it did not end.
        """
        line = self.get_command(command, *args)
        found = self._load().get(line)
        if found is None:
            raise NotMeasured(self._why)
        if found["rc"] is None:
            raise NotMeasured(found.get("err") or "no answer in time")
        return self.result(found["rc"], line.encode(), found["out"].encode(), found.get("err", "").encode())

    def get_encoding(self) -> str:
        return "utf-8"
