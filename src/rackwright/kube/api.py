"""Requests to the API server, asked again where that can help: cut, too many, not ready yet.

All that is sent here may be sent twice: a read, an apply, a deletion with the object's own uid.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from rackwright.errors import WorldRefused
from rackwright.resources.handler import Props

if TYPE_CHECKING:
    from rackwright.kube.wire import Query, Raw, Wire

Json: TypeAlias = Any
_silent: dict[str, float] = {}
"""Servers that did not answer, and when that was found; only shortens the wait."""
CALL_SECONDS = 30.0
"""For one request."""
PATIENCE_SECONDS = 60.0
"""For one question, with all its repetitions. A control plane that is rolled is away for less."""
SHORT_SECONDS = 3.0
"""The same, of a server that was silent for all of that a moment ago: hundreds of resources ask it."""
SILENT_FOR = 120.0
LONGEST_PAUSE = 15.0
AGAIN = frozenset({429, 500, 502, 503, 504})
MISFIT = "typed patch object"
"""In the answer, a 500, of a server whose schema does not have what was sent. It stays so."""
APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason of a refusal."""

    reason: str
    message: str
    field: str


class Said(Exception):
    """The server said no. ``reason`` is Kubernetes' own word; "" when the answer is not an API status."""

    def __init__(self, code: int, reason: str, message: str, causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.causes = code, reason, message, causes


@dataclass(slots=True)
class Api:
    """One API server."""

    wire: Wire
    patience: float | None = None
    """Seconds for one question, where they are not the usual ones."""

    async def get(self, path: str, *query: tuple[str, str], accept: str = "application/json") -> Json:
        """:raises Said: the server refuses; 404 among the reasons."""
        return await self._ask("GET", path, query, {"Accept": accept}, None)

    async def find(self, path: str) -> Json | None:
        """The object, None when it is not there."""
        try:
            return await self.get(path)
        except Said as said:
            if said.code == 404:
                return None
            raise

    async def apply(
        self, path: str, wanted: Json, manager: str, *, force: bool = False, dry: bool = False
    ) -> Json:
        """Server-side apply; ``dry``: only say what would be there. Unknown fields are refused."""
        query = [
            ("fieldManager", manager),
            ("force", str(force).lower()),
            ("fieldValidation", "Strict"),
        ]
        if dry:
            query.append(("dryRun", "All"))
        return await self._ask("PATCH", path, query, {"Content-Type": APPLY}, wanted)

    async def delete(self, path: str, uid: str) -> None:
        """Begin the deletion of this very object, what depends on it first; fine when it is gone."""
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Foreground",
            "preconditions": {"uid": uid},
        }
        try:
            await self._ask("DELETE", path, (), {}, body)
        except Said as said:
            # 409: the uid is another one's by now. What we meant is gone.
            if said.code not in (404, 409):
                raise

    async def _ask(
        self, method: str, path: str, query: Query, headers: Mapping[str, str], body: Json
    ) -> Json:
        from rackwright.kube.wire import Cut

        loop, server = asyncio.get_running_loop(), self.wire.server
        usual = PATIENCE_SECONDS if self.patience is None else self.patience
        silent = loop.time() - _silent.get(server, -SILENT_FOR) < SILENT_FOR
        end, pause = loop.time() + (SHORT_SECONDS if silent else usual), 0.25
        while True:
            wait = pause
            try:
                raw = await self.wire.once(
                    method, path, query, {"Accept": "application/json", **headers}, body, CALL_SECONDS
                )
            except Cut as cut:
                if loop.time() + wait > end:
                    _silent[server] = loop.time()
                    hint = "is the control plane up, and can this machine reach it?"
                    raise WorldRefused(server, f"{method} {path}", str(cut), hint) from cut
            else:
                _silent.pop(server, None)
                if raw.status < 300:
                    return json.loads(raw.body)
                said = _said(raw)
                if not _again(said, method):
                    raise said
                wait = max(pause, _retry_after(raw))
                if loop.time() + wait > end:
                    raise said
            await asyncio.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)


@asynccontextmanager
async def connect(inputs: Props, patience: float | None = None) -> AsyncIterator[Api]:
    """The API server that ``access.kubeconfig`` among the inputs leads to."""
    from rackwright.kube.wire import opened

    async with opened(inputs) as wire:
        yield Api(wire, patience)


def _again(said: Said, method: str) -> bool:
    """Whether the same question may get another answer. A manager's conflict stays one."""
    if said.code == 409:
        # Somebody wrote at the same moment; a conflict of managers has causes.
        return method == "PATCH" and not said.causes and "uid" not in said.message
    return said.code in AGAIN and MISFIT not in said.message


def _retry_after(raw: Raw) -> float:
    try:
        return min(float(raw.headers.get("Retry-After", "0")), LONGEST_PAUSE)
    except ValueError:  # a date: not what an API server sends
        return 0.0


def _said(raw: Raw) -> Said:
    try:
        status = json.loads(raw.body)
        details = status.get("details") or {}
        causes = tuple(
            Cause(each.get("reason", ""), each.get("message", ""), each.get("field", ""))
            for each in details.get("causes") or ()
        )
        return Said(raw.status, str(status.get("reason", "")), str(status.get("message", "")), causes)
    except (ValueError, AttributeError):
        text = " ".join(raw.body.decode("utf-8", "replace").split())[:200]
        return Said(raw.status, "", text or f"HTTP {raw.status}")
