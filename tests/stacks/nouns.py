"""A test-only world for both engines: things that are JSON files in a folder, with faults to switch on.

``$RACKWRIGHT_TEST_WORLD`` is the folder. ``<name>.json`` is a thing, ``acts.log`` has a line for every act
that has touched the world, ``faults.json`` maps a thing's name to its faults by act (``{"apply": "fail"}``):
``fail``, ``slow`` and ``held`` before acting, ``fail-after`` and so on after it. What is held goes on when
its fault is cleared.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.resources.handler import Diff, Observed, Progress, Props, property_diff

SLOW_SECONDS = 3
HELD_SECONDS = 90


def world() -> Path:
    return Path(os.environ["RACKWRIGHT_TEST_WORLD"])


def log(act: str, name: str) -> None:
    with (world() / "acts.log").open("a") as file:
        file.write(f"{act} {name}\n")


async def delay() -> None:
    """Before and after each act, so that a kill has something to hit: ``$RACKWRIGHT_TEST_DELAY`` seconds."""
    await asyncio.sleep(float(os.environ.get("RACKWRIGHT_TEST_DELAY", "0")))


def asked(name: str, act: str) -> str | None:
    path = world() / "faults.json"
    found = json.loads(path.read_text()).get(name, {}).get(act) if path.exists() else None
    return str(found) if found else None


async def fault(name: str, act: str, when: str = "") -> None:
    kind = asked(name, act)
    if kind == f"held{when}":
        async with asyncio.timeout(HELD_SECONDS):
            while asked(name, act) == kind:
                await asyncio.sleep(0.05)
    if kind == f"slow{when}":
        await asyncio.sleep(SLOW_SECONDS)
    if kind == f"fail{when}":
        raise WorldRefused(name, act, "the fault is switched on", "switch it off")


class Thing:
    """``name`` is the natural key and replaces; ``text`` and the rest can be changed in place."""

    type = "test:world:Thing"
    replaces = frozenset({"name"})

    def check(self, inputs: Props) -> list[tuple[str, str]]:
        return [] if inputs.get("name") else [("name", "found nothing, expected a name")]

    def diff(self, old: Props, new: Props) -> Diff:
        return property_diff(old, new, self.replaces)

    async def read(self, id: str, inputs: Props) -> Observed | None:
        name = str(id or inputs["name"])
        await fault(name, "read")
        path = world() / f"{name}.json"
        if not path.exists():
            return None
        found = json.loads(path.read_text())
        return Observed(name, found, self.outputs(found))

    def outputs(self, found: Props) -> Props:
        return {"address": f"10.0.0.{len(str(found['name']))}", "length": len(str(found.get("text", "")))}

    async def apply(self, inputs: Props, old: Observed | None, progress: Progress) -> Observed:
        name = str(inputs["name"])
        await fault(name, "apply")
        await delay()
        path = world() / f"{name}.json"
        progress("writing")
        await asyncio.to_thread(progress, "writing from a thread")
        log("change" if path.exists() else "create", name)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(dict(inputs)))
        new.replace(path)
        await delay()
        await fault(name, "apply", "-after")
        return Observed(name, inputs, self.outputs(inputs))

    async def delete(self, id: str, inputs: Props, progress: Progress) -> None:
        await fault(id, "delete")
        await delay()
        log("delete", id)
        (world() / f"{id}.json").unlink(missing_ok=True)
        await delay()
        await fault(id, "delete", "-after")


class Tied(Thing):
    """A thing that cannot stay when what it is ``tied`` to is replaced."""

    type = "test:world:Tied"
    replaces = frozenset({"name", "tied"})


class Slow:
    """Takes a second to make and holds nothing; for the benchmark."""

    type = "test:world:Slow"

    def check(self, inputs: Props) -> list[tuple[str, str]]:
        return []

    def diff(self, old: Props, new: Props) -> Diff:
        return property_diff(old, new)

    async def read(self, id: str, inputs: Props) -> Observed | None:
        return Observed(id or str(inputs["name"]), inputs, {})

    async def apply(self, inputs: Props, old: Observed | None, progress: Progress) -> Observed:
        await asyncio.sleep(float(inputs["seconds"]))
        return Observed(str(inputs["name"]), inputs, {"done": True})

    async def delete(self, id: str, inputs: Props, progress: Progress) -> None:
        return None


HANDLERS = {noun.type: noun for noun in (Thing, Tied, Slow)}
