"""Cuts: which switches a graph loses sight of when one switch or one link between two is lost.

One depth-first search (Tarjan's low points) answers it for every switch and link at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rackwright.design.structure import Graph


@dataclass(slots=True)
class Cuts:
    """``by_switch`` and ``by_link``: the switches that are then apart from the main part (not the lost one
    itself); what is not listed cuts nothing. The main part holds ``anchor``, else it weighs most."""

    by_switch: dict[str, list[str]] = field(default_factory=dict)
    by_link: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def cuts(graph: Graph, single: set[tuple[str, str]], weigh: Callable[[str], int], anchor: str | None) -> Cuts:
    """``single``: pairs joined by one cable only (another cable is another way)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    found = Cuts()
    for start in graph:
        if start not in order:
            _search(graph, start, order, low, found, single, weigh, anchor)
    return found


def _search(
    graph: Graph,
    start: str,
    order: dict[str, int],
    low: dict[str, int],
    found: Cuts,
    single: set[tuple[str, str]],
    weigh: Callable[[str], int],
    anchor: str | None,
) -> None:
    """One connected part of the graph, without recursion."""
    visited: list[str] = [start]  # in order: a subtree is a slice of it
    first = len(order)
    order[start] = low[start] = first
    parts: dict[str, list[tuple[int, int]]] = {}  # switch -> slices that hang on it alone
    bridges: list[tuple[str, str, tuple[int, int]]] = []
    stack = [(start, "", iter(graph[start]))]
    while stack:
        node, parent, rest = stack[-1]
        for near in rest:
            if near not in order:
                order[near] = low[near] = first + len(visited)
                visited.append(near)
                stack.append((near, node, iter(graph[near])))
                break
            if near != parent:
                low[node] = min(low[node], order[near])
        else:
            stack.pop()
            if parent:
                low[parent] = min(low[parent], low[node])
                span = order[node] - first, len(visited)
                if low[node] >= order[parent]:
                    parts.setdefault(parent, []).append(span)
                if low[node] > order[parent] and ((node, parent) in single or (parent, node) in single):
                    bridges.append((node, parent, span))
    for node, spans in parts.items():
        below = [visited[begin:end] for begin, end in spans]
        inside = {name for part in below for name in part}
        above = [name for name in visited if name != node and name not in inside]
        if lost := _apart([part for part in [above, *below] if part], weigh, anchor, node):
            found.by_switch[node] = lost
    for node, parent, (begin, end) in bridges:
        inside = set(visited[begin:end])
        sides = [[name for name in visited if name not in inside], visited[begin:end]]
        found.by_link[node, parent] = _apart(sides, weigh, anchor, "")


def _apart(parts: list[list[str]], weigh: Callable[[str], int], anchor: str | None, lost: str) -> list[str]:
    """What is not in the main part; without the anchor's switch nothing is."""
    if anchor is not None and lost == anchor:
        return [name for part in parts for name in part]
    if len(parts) < 2:
        return []
    main = max(
        range(len(parts)), key=lambda i: (anchor in parts[i], sum(map(weigh, parts[i])), len(parts[i]), -i)
    )
    return [name for i, part in enumerate(parts) if i != main for name in part]
