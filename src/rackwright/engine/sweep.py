"""Work on what is remembered rather than declared: take resources away, and compare them with the world."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from rackwright.engine.acts import Acts, Failed, Stopped
from rackwright.engine.order import needing, side_by_side
from rackwright.engine.state import Record
from rackwright.provider import life


def delete(acts: Acts, records: Collection[Record], *, preview: bool) -> None:
    """Take ``records`` away, what needs another before that other."""

    def work(item: Record) -> bool:
        try:
            if preview:
                acts.end("delete", item)
            else:
                acts.delete(item)
        except Failed:
            return False
        except Stopped:
            acts.skip(item.urn)
            return False
        return True

    side_by_side(records, needing(records), work, lambda item: acts.skip(item.urn), acts.parallel)


def refresh(acts: Acts) -> None:
    """Look at every resource; what is remembered becomes what was found, and each difference is told."""
    records = [item for item in acts.state.resources.values() if item.custom]
    place = {urn: number for number, urn in enumerate(acts.state.resources)}

    def work(old: Record) -> bool:
        try:
            found = acts.read(old)
        except Failed:
            return False
        except Stopped:
            acts.skip(old.urn)
            return False
        if found is None:
            acts.forget(old.urn)
            acts.end("delete", old, why="it is gone")
        elif old.lost_create:
            acts.put(replace(found, unfinished="found after an interrupted create"))
            acts.end("create", found, why="an interrupted create has made it")
        else:
            changes = life.changes(old.outputs, found.outputs)
            declared = life.changes(old.inputs, found.inputs)
            if changes or declared:
                acts.put(found)
            op = "update" if changes or declared else "same"
            acts.end(
                op,
                found,
                why="differs from what is remembered" if op == "update" else "",
                changes={**declared, **changes},
            )
        return True

    side_by_side(records, {item.urn: () for item in records}, work, lambda item: None, acts.parallel)
    acts.state.resources = dict(sorted(acts.state.resources.items(), key=lambda pair: place[pair[0]]))
