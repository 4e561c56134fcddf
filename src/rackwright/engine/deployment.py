"""What becomes of each resource that the program declares: nothing, create, update, or replace."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rackwright.engine.acts import Acts, Failed, Stopped
from rackwright.engine.monitor import Answer, Declared
from rackwright.engine.order import needed_first
from rackwright.engine.state import Record
from rackwright.provider import life
from rackwright.provider.handlers import handler
from rackwright.provider.values import UNKNOWN, has_unknown
from rackwright.resources.handler import Diff

UNFINISHED = "the last attempt did not come to its end"


def sort_out(old: Record | None, difference: Diff) -> str:
    """``same``, ``create``, ``update`` or ``replace``.

    >>> sort_out(None, Diff())
    'create'
    """
    if old is None or old.lost_create:
        return "create"
    if difference.replace:
        return "replace"
    return "update" if difference.changes or old.unfinished else "same"


class Deployment:
    """One run of the program. ``register`` is called from many threads, once for each resource."""

    def __init__(self, acts: Acts, preview: bool) -> None:
        self.acts, self.preview = acts, preview
        self.declared: set[str] = set()
        self.outputs: dict[str, Any] = {}
        """The stack's own outputs."""
        self._before = dict(acts.state.resources)
        self._unsettled: set[str] = set()
        """Failed or skipped: what needs one of these is skipped."""
        self._taken_down: set[str] = set()
        """Deleted ahead because something under them is replaced; the program declares them later."""
        self._lock = threading.Lock()

    def register(self, declared: Declared) -> Answer:
        item = declared.record
        with self._lock:
            twice = item.urn in self.declared
            self.declared.add(item.urn)
        try:
            if twice:
                raise self.acts.fail(
                    "create", item, "declared twice: two resources of one type have this name"
                )
            if declared.secret:
                raise self.acts.fail(
                    "create",
                    item,
                    f"{declared.secret}: is a secret; give a reference (env:, file:, state:) instead",
                )
            if item.needs & self._unsettled or self.acts.stopping.is_set():
                raise Stopped
            return self._custom(declared) if item.custom else self._component(item)
        except Stopped:
            self.acts.skip(item.urn)
        except Failed:
            pass  # told and counted where it happened
        with self._lock:
            self._unsettled.add(item.urn)
        return Answer({}, ok=False)

    def register_outputs(self, urn: str, outputs: Mapping[str, Any]) -> None:
        if "::pulumi:pulumi:Stack::" in urn:
            self.outputs.update(outputs)
            return
        item = self.acts.state.resources.get(urn)
        if self.preview or item is None:
            return
        # What a failure left unknown keeps its last value.
        known = {key: item.outputs.get(key) if value == UNKNOWN else value for key, value in outputs.items()}
        if known != item.outputs:
            self.acts.put(replace(item, outputs=known))

    def orphans(self) -> list[Record]:
        """What is remembered and no longer declared; not what something unsettled may still need."""
        needed: set[str] = set()
        ahead = list(self._unsettled)
        while ahead:
            known = self._before.get(ahead.pop())
            ahead += (known.needs - needed) if known else ()
            needed |= known.needs if known else frozenset()
        remembered = self.acts.state.resources
        return [item for urn, item in remembered.items() if urn not in self.declared and urn not in needed]

    def settled_outputs(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The stack's outputs; one that a failure left unknown keeps its value from ``before``."""
        if self.preview:
            return self.outputs
        known = {key: before.get(key) if has_unknown(value) else value for key, value in self.outputs.items()}
        return {key: value for key, value in known.items() if value is not None}

    def _component(self, item: Record) -> Answer:
        old = self.acts.state.resources.get(item.urn)
        op = "create" if old is None else "same"
        if not self.preview and (old is None or replace(old, outputs={}) != item):
            self.acts.put(replace(item, outputs=old.outputs if old else {}))
        self.acts.end(op, item)
        return Answer({})

    def _custom(self, declared: Declared) -> Answer:
        item = declared.record
        noun = handler(item.type)
        old = self.acts.state.resources.get(item.urn)
        inputs = dict(item.inputs)
        if old is not None:
            for key in declared.ignore:
                inputs.pop(key, None)
                if key in old.inputs:
                    inputs[key] = old.inputs[key]
        item = replace(item, inputs=inputs)
        try:
            problems = life.check(noun, inputs)
            known = old is not None and not old.lost_create and not problems
            difference = life.diff(noun, old.inputs, inputs) if old and known else Diff()
        except Exception as error:
            raise self.acts.fail("update" if old else "create", item, life.reason(error)) from error
        if problems:
            text = "; ".join(f"{key}: {reason}" for key, reason in problems)
            raise self.acts.fail("update" if old else "create", item, text)
        op = sort_out(old, difference)
        why = UNFINISHED if op == "update" and not difference.changes else difference.why
        if item.urn in self._taken_down and op == "create":
            op, why = "replace", "something that it needs is replaced"
        if self.preview:
            return self._foresee(op, item, old, difference, why)
        return self._act(op, item, old, difference, why)

    def _foresee(self, op: str, item: Record, old: Record | None, difference: Diff, why: str) -> Answer:
        if op == "replace" and old is not None:
            for known in self._doomed(old, item, difference):
                self._taken_down.add(known.urn)
                self.acts.state.resources.pop(known.urn, None)
        self.acts.end(op, item, why=why, changes=difference.changes)
        if op == "same" and old is not None:
            return Answer(old.outputs, old.id)
        if op == "update" and old is not None:
            return Answer(life.expected(handler(item.type), item.inputs, old.outputs), old.id)
        return Answer(life.expected(handler(item.type), item.inputs, None))

    def _act(self, op: str, item: Record, old: Record | None, difference: Diff, why: str) -> Answer:
        if op == "same" and old is not None:
            done = replace(item, id=old.id, outputs=old.outputs)
            if done != old:
                # The world is as declared; what is remembered about it (needs, protection) is not.
                self.acts.put(done)
            self.acts.end(op, done, why=why)
        elif op == "update" and old is not None:
            done = self.acts.update(item, old, difference.changes, why)
        else:
            if op == "replace" and old is not None:
                for known in self._doomed(old, item, difference):
                    self._taken_down.add(known.urn)
                    self.acts.delete(known, quiet=True)
                self.acts.delete(old, quiet=True)
            done = self.acts.create(item, op, difference.changes, why)
        return Answer(done.outputs, done.id)

    def _doomed(self, root: Record, item: Record, difference: Diff) -> list[Record]:
        """What must go before ``root`` can be replaced: what its changed outputs replace in turn.

        The furthest comes first. As in Pulumi, a resource that only names another in ``depends_on`` stays.

        :raises Failed: one of them is protected.
        """
        doomed: dict[str, Record] = {root.urn: root}
        for known in needed_first(self.acts.state.resources.values()):
            touched = [key for key, urns in known.property_dependencies.items() if doomed.keys() & set(urns)]
            if known.urn in doomed or not touched or not known.custom:
                continue
            unknown = {**known.inputs, **dict.fromkeys(touched, UNKNOWN)}
            if life.diff(handler(known.type), known.inputs, unknown).replace:
                doomed[known.urn] = known
        for known in doomed.values():
            if known.protect:
                reason = f"this change replaces {known.name}, which is protected"
                raise self.acts.fail("replace", item, reason, difference.changes)
        return [known for known in reversed(doomed.values()) if known is not root]
