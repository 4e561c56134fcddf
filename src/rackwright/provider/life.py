"""The life of one resource as both engines drive it: check, diff, create, update, read, delete.

What differs between the engines is who keeps the state; what happens to the world is written here once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rackwright.errors import RackwrightError
from rackwright.provider.values import UNKNOWN, has_unknown, normal
from rackwright.resources.handler import Change, Diff, Handler, Observed, Progress, Props


class Partial(Exception):
    """The act failed and yet the thing is there: ``observed`` is what was found; it is not forgotten."""

    def __init__(self, reason: str, observed: Observed) -> None:
        super().__init__(reason)
        self.observed = observed


class Nothing(Exception):
    """The act failed and left nothing."""


def reason(error: BaseException) -> str:
    """An error in words; a bug shows its type, never its traceback."""
    if isinstance(error, (RackwrightError, Partial, Nothing)):
        return str(error)
    return f"{type(error).__name__}: {error}"


def check(handler: Handler, inputs: Props) -> list[tuple[str, str]]:
    """Problems with the inputs. Inputs that are not all known yet are judged when they are."""
    return [] if has_unknown(inputs) else handler.check(inputs)


def diff(handler: Handler, old: Props, new: Props) -> Diff:
    """The handler's difference. It is not asked to understand what is unknown: such a property differs.

    The handler sees the unknown property as the string ``UNKNOWN`` and may say that it replaces.
    """
    return handler.diff(old, new)


def merged(inputs: Props, outputs: Props) -> dict[str, Any]:
    """A resource's whole state, in Pulumi's manner: outputs over inputs."""
    return {**normal(inputs), **normal(outputs)}


def expected(handler: Handler, inputs: Props, old: Props | None) -> dict[str, Any]:
    """Outputs in a preview: the inputs, and of the old outputs those that the handler calls stable.

    A handler may name outputs that an update never changes in ``stable_outputs``; any other is unknown
    until the update has happened.
    """
    stable: frozenset[str] = getattr(handler, "stable_outputs", frozenset())
    kept = {key: value for key, value in (old or {}).items() if key in stable}
    unknown = {key: UNKNOWN for key in (old or {}) if key not in kept and key not in inputs}
    return {**unknown, **kept, **normal(inputs)}


async def create(handler: Handler, inputs: Props, progress: Progress) -> Observed:
    """Find or create. When it fails, the world is asked what is there.

    :raises Partial: it failed, and left something behind.
    :raises Nothing: it failed, and nothing is there.
    :raises Exception: it failed, and the world cannot be asked: a later create looks before it acts.
    """
    try:
        return _normal(await handler.apply(inputs, None, progress))
    except Exception as error:
        try:
            left = await handler.read("", inputs)
        except Exception:  # noqa: BLE001 - whatever keeps the world from answering, the first error is the news
            raise error from None
        if left is None:
            raise Nothing(reason(error)) from error
        raise Partial(reason(error), _normal(left)) from error


async def update(
    handler: Handler, id_: str, old: Props, outputs: Props, new: Props, progress: Progress
) -> Observed:
    """Change in place."""
    return _normal(await handler.apply(new, Observed(id_, old, outputs), progress))


async def read(handler: Handler, id_: str, inputs: Props) -> Observed | None:
    """Look at the world. ``id_`` is "" after an interrupted create: the inputs' natural key finds it."""
    found = await handler.read(id_, inputs)
    return _normal(found) if found is not None else None


async def delete(handler: Handler, id_: str, inputs: Props, progress: Progress) -> None:
    """Take it away; what an interrupted create left (``id_`` is "") is looked up first."""
    if not id_:
        found = await handler.read("", inputs)
        if found is None:
            return
        id_, inputs = found.id, found.inputs
    await handler.delete(id_, inputs, progress)


def _normal(observed: Observed) -> Observed:
    return Observed(observed.id, normal(observed.inputs), normal(observed.outputs))


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Change]:
    """Differences between two states, for showing drift."""
    return {
        key: Change(old.get(key), new.get(key))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    }
