"""Resources in the order of their needs, and work on them side by side in that order or its reverse."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

from rackwright.engine.state import Record


def needed_first(records: Iterable[Record]) -> list[Record]:
    """What is needed before what needs it."""
    known = {item.urn: item for item in records}
    graph = {urn: item.needs & known.keys() for urn, item in known.items()}
    return [known[urn] for urn in TopologicalSorter(graph).static_order()]


def needing(records: Collection[Record]) -> dict[str, set[str]]:
    """For each resource those among ``records`` that need it: they are deleted before it."""
    found: dict[str, set[str]] = {item.urn: set() for item in records}
    for item in records:
        for urn in item.needs & found.keys():
            found[urn].add(item.urn)
    return found


def side_by_side(
    records: Collection[Record],
    after: Mapping[str, Collection[str]],
    work: Callable[[Record], bool],
    held_up: Callable[[Record], None],
    parallel: int,
) -> None:
    """Call ``work`` for each record, once all that it comes ``after`` have been done well.

    :param work: says whether it went well; must not raise.
    :param held_up: called for what is not begun, because something before it did not go well.
    """
    known = {item.urn: item for item in records}
    sorter = TopologicalSorter(after)
    sorter.prepare()
    bad: set[str] = set()
    with ThreadPoolExecutor(parallel, thread_name_prefix="sweep") as pool:
        running: dict[Future[bool], str] = {}
        while sorter.is_active():
            for urn in sorter.get_ready():
                if bad & set(after[urn]):
                    bad.add(urn)
                    held_up(known[urn])
                    sorter.done(urn)
                else:
                    running[pool.submit(work, known[urn])] = urn
            if not running:
                continue
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                urn = running.pop(future)
                if not future.result():
                    bad.add(urn)
                sorter.done(urn)
