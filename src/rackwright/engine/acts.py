"""Acts on the world: each is announced in the journal, done by the handler, and recorded; N at once at most.

Handlers are coroutines and live together on one event loop in one thread, as in the provider plugin; those
who want an act done wait for it in their own thread.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from rackwright.engine.events import OnEvent, Summary, shown
from rackwright.engine.journal import Journal
from rackwright.engine.state import Record, State
from rackwright.provider import life
from rackwright.provider.handlers import handler
from rackwright.resources.handler import Change, Progress

T = TypeVar("T")


class Failed(Exception):
    """The act failed; it has been told and recorded."""


class Stopped(Exception):
    """The run is being ended: the act was not begun."""


@dataclass(slots=True)
class Acts:
    """Everything that an operation shares: state, journal, events, the loop of the handlers, the places."""

    state: State
    journal: Journal | None
    """None in a preview: nothing may be changed."""
    on_event: OnEvent
    summary: Summary
    parallel: int = 64
    stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _places: threading.Semaphore = field(default_factory=threading.Semaphore)

    def __post_init__(self) -> None:
        self._places = threading.Semaphore(self.parallel)
        self._loop.set_default_executor(ThreadPoolExecutor(self.parallel, thread_name_prefix="handler"))
        threading.Thread(target=self._loop.run_forever, daemon=True, name="handlers").start()

    def close(self) -> None:
        """End the handlers' loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    def tell(self, kind: str, **values: object) -> None:
        self.on_event({"event": kind, **values})

    def end(
        self,
        op: str,
        item: Record,
        *,
        why: str = "",
        changes: Mapping[str, Change] | None = None,
        began: float = 0.0,
    ) -> None:
        """An act is done (or, in a preview, would be)."""
        with self._lock:
            self.summary.counts[op] = self.summary.counts.get(op, 0) + 1
        seconds = round(time.monotonic() - began, 3) if began else 0.0
        self._end(op, item, True, "", why, changes or {}, seconds)

    def fail(self, op: str, item: Record, reason: str, changes: Mapping[str, Change] | None = None) -> Failed:
        """An act has failed; to be raised."""
        with self._lock:
            self.summary.failed.append({"urn": item.urn, "reason": reason})
        self._end(op, item, False, reason, "", changes or {}, 0.0)
        return Failed(reason)

    def skip(self, urn: str) -> None:
        """Something is not begun."""
        with self._lock:
            self.summary.skipped.append(urn)

    def _end(
        self,
        op: str,
        item: Record,
        ok: bool,
        reason: str,
        why: str,
        changes: Mapping[str, Change],
        seconds: float,
    ) -> None:
        names = {"urn": item.urn, "type": item.type, "name": item.name}
        self.tell(
            "end", op=op, **names, ok=ok, reason=reason, why=why, changes=shown(changes), seconds=seconds
        )

    def put(self, item: Record) -> None:
        """Remember a resource as it is now."""
        if self.journal is not None:
            self.journal.put(item)
        with self._lock:
            # Whatever is written again goes to the end: the order of the state is the order of making.
            self.state.resources.pop(item.urn, None)
            self.state.resources[item.urn] = item

    def forget(self, urn: str) -> None:
        """Remember that a resource is gone."""
        if self.journal is not None:
            self.journal.remove(urn)
        with self._lock:
            self.state.resources.pop(urn, None)

    def _do(self, act: str, item: Record, work: Callable[[Progress], Coroutine[Any, Any, T]]) -> T:
        with self._places:
            if self.stopping.is_set():
                raise Stopped
            if act != "read" and self.journal is not None:
                self.journal.begin(act, item)
            self.tell("begin", op=act, urn=item.urn, type=item.type, name=item.name)

            def progress(text: str) -> None:
                self.tell("progress", urn=item.urn, text=text)

            return asyncio.run_coroutine_threadsafe(work(progress), self._loop).result()

    def create(self, item: Record, op: str, changes: Mapping[str, Change], why: str) -> Record:
        """Find or create, and record.

        :raises Failed: what is left of the attempt has been recorded.
        """
        began = time.monotonic()
        try:
            made = self._do(
                "create", item, lambda progress: life.create(handler(item.type), item.inputs, progress)
            )
        except Stopped:
            raise
        except life.Partial as error:
            left = life.merged(item.inputs, error.observed.outputs)
            self.put(replace(item, id=error.observed.id, outputs=left, unfinished=str(error)))
            raise self.fail(op, item, str(error), changes) from error
        except life.Nothing as error:
            if self.journal is not None:
                self.journal.failed(item.urn)
            with self._lock:
                self.state.resources.pop(item.urn, None)
            raise self.fail(op, item, str(error), changes) from error
        except Exception as error:
            # The world cannot be asked whether something was left: the next run looks before it creates.
            self.put(replace(item, unfinished="create"))
            raise self.fail(op, item, life.reason(error), changes) from error
        done = replace(item, id=made.id, outputs=life.merged(item.inputs, made.outputs))
        self.put(done)
        self.end(op, done, why=why, changes=changes, began=began)
        return done

    def update(self, item: Record, old: Record, changes: Mapping[str, Change], why: str) -> Record:
        """Change in place, and record.

        :raises Failed: the resource is remembered as it was, and as unfinished.
        """
        began, noun = time.monotonic(), handler(item.type)
        try:
            made = self._do(
                "update",
                old,
                lambda progress: life.update(noun, old.id, old.inputs, old.outputs, item.inputs, progress),
            )
        except Stopped:
            raise
        except Exception as error:
            self.put(replace(old, unfinished=life.reason(error)))
            raise self.fail("update", item, life.reason(error), changes) from error
        done = replace(item, id=made.id, outputs=life.merged(item.inputs, made.outputs))
        self.put(done)
        self.end("update", done, why=why, changes=changes, began=began)
        return done

    def delete(self, old: Record, *, quiet: bool = False) -> None:
        """Take away, and forget. ``quiet``: a part of a replacement, told with it.

        :raises Failed: the resource is remembered as unfinished.
        """
        began = time.monotonic()
        if old.protect:
            raise self.fail(
                "delete", old, "it is protected; take protect=True out of the program and run up first"
            )
        if old.custom:
            noun = handler(old.type)
            try:
                self._do("delete", old, lambda progress: life.delete(noun, old.id, old.inputs, progress))
            except Stopped:
                raise
            except Exception as error:
                self.put(replace(old, unfinished="delete" if old.id else "create"))
                raise self.fail("delete", old, life.reason(error)) from error
        self.forget(old.urn)
        if not quiet:
            self.end("delete", old, began=began)

    def read(self, old: Record) -> Record | None:
        """The resource as the world has it now; None when it is gone. Records nothing.

        :raises Failed: the world cannot be asked.
        """
        try:
            found = self._do("read", old, lambda _: life.read(handler(old.type), old.id, old.inputs))
        except Stopped:
            raise
        except Exception as error:
            raise self.fail("read", old, life.reason(error)) from error
        if found is None:
            return None
        outputs = life.merged(found.inputs, found.outputs)
        return replace(old, id=found.id, inputs=found.inputs, outputs=outputs)
