"""NVUE: pictures of a Cumulus switch's ports from startup.yaml.

``qos roce`` stands for a whole set of settings; what it stands for is taken from Cumulus's documentation
(5.10, "RDMA over Converged Ethernet"), and single settings are laid over it. Switch priority is the number in
a pause frame; traffic class and queue are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from rackwright.qos.walk.picture import EIGHT, STRICT, Ecn, Port, Switch, Trust

PATH = "/etc/nvue.d/startup.yaml"
_MTU = 9216
_CABLE_M = 100
_ROCE_QUEUES = (0, 0, 0, 3, 0, 0, 6, 0)
_ROCE_ECN = Ecn(150_000, 1_500_000, 100)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Tree = Mapping[str, Any]


def switch(files: Mapping[str, str]) -> Switch:
    """A switch's picture.

    :raises ValueError: the file is no YAML of NVUE's shape.
    """
    try:
        parts = yaml.load(files[PATH], Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    except yaml.YAMLError as problem:
        raise ValueError(str(problem)) from problem
    tree: Tree = next((part["set"] for part in parts or () if "set" in part), {})
    qos = _Qos(_at(tree, "qos"))
    made = Switch(PATH)
    for names, row in _at(tree, "interface").items():
        for name in _names(str(names)):
            made.ports[name] = qos.port(row or {})
    return made


class _Qos:
    """The switch-wide settings; a port may name profiles of its own."""

    def __init__(self, qos: Tree) -> None:
        roce = _at(qos, "roce")
        self._qos = qos
        self._roce = bool(roce) and _on(roce.get("enable", roce.get("state", "on")))
        self._lossless = self._roce and roce.get("mode", "lossless") == "lossless"
        self._cable = int(roce["cable-length"]) if "cable-length" in roce else None
        self._known: dict[tuple[str, ...], dict[str, Any]] = {}

    def port(self, row: Tree) -> Port:
        own = _at(row, "qos")
        profiles = tuple(
            str(_at(own, part).get("profile", "default-global"))
            for part in ("mapping", "egress-queue-mapping", "pfc", "congestion-control", "egress-scheduler")
        )
        if profiles not in self._known:
            self._known[profiles] = self._settings(*profiles)
        watch = _at(own, "pfc-watchdog")
        link = _at(row, "link")
        return Port(
            mtu=int(link.get("mtu", _MTU)),
            watchdog=bool(watch) and _on(watch.get("state", watch.get("enable", "on"))),
            **self._known[profiles],
        )

    def _settings(self, mapping: str, queue: str, pfc: str, mark: str, schedule: str) -> dict[str, Any]:
        trust, priorities = self._mapping(_at(self._qos, "mapping", mapping))
        queues = list(_ROCE_QUEUES if self._roce else EIGHT)
        for number, row in _at(self._qos, "egress-queue-mapping", queue, "switch-priority").items():
            queues[int(number)] = int(row["traffic-class"])
        flow = _at(self._qos, "pfc", pfc)
        on = {int(number) for number in _at(flow, "switch-priority")} or ({3} if self._lossless else set())
        if flow.get("tx") == "disable" or flow.get("rx") == "disable":
            on = set()
        ecn: dict[int, Ecn | None] = {0: _ROCE_ECN, 3: _ROCE_ECN} if self._roce else {}
        for number, row in _at(self._qos, "congestion-control", mark, "traffic-class").items():
            for queue_number in _numbers(str(number)):
                ecn[queue_number] = _ecn(row or {})
        shares: dict[int, int] = {0: 50, 3: 50, 6: STRICT} if self._roce else {}
        for number, row in _at(self._qos, "egress-scheduler", schedule, "traffic-class").items():
            share = STRICT if row.get("mode") == "strict" else int(row.get("bw-percent", 0))
            shares |= dict.fromkeys(_numbers(str(number)), share)
        room, cable = flow.get("port-buffer"), flow.get("cable-length", self._cable)
        return {
            "trust": trust,
            "classes": priorities,
            "queues": tuple(queues),
            "pauses": tuple(number if number in on else None for number in EIGHT),
            "stops": tuple(queues[number] if number in on else None for number in EIGHT),
            "ecn": tuple(ecn.get(number) for number in EIGHT),
            "shares": tuple(shares.get(number) for number in EIGHT),
            "headroom": _bytes(room) if room is not None else None,
            "cable_m": int(cable) if cable is not None else (_CABLE_M if self._lossless else None),
        }

    def _mapping(self, rows: Tree) -> tuple[Trust, tuple[int, ...]]:
        said = rows.get("trust", "both" if self._roce else "l2")
        trusts: dict[str, Trust] = {"l3": "dscp", "both": "dscp", "port": "none"}
        trust = trusts.get(str(said), "pcp")
        priorities = [dscp >> 3 for dscp in range(64)]
        for dscps, row in _at(rows, "dscp").items():
            for dscp in _numbers(str(dscps)):
                priorities[dscp] = int(row["switch-priority"])
        return trust, tuple(priorities)


def _ecn(row: Tree) -> Ecn | None:
    if not _on(row.get("ecn", "enable")):
        return None
    least, most = row.get("min-threshold", 0), row.get("max-threshold", 0)
    return Ecn(_bytes(least), _bytes(most), int(row.get("probability", 100)))


def _bytes(value: object) -> int:
    """NVUE counts bytes; people write KB and MB.

    >>> [_bytes(value) for value in (150000, "40KB", "1.5 MB")]
    [150000, 40000, 1500000]
    """
    text = str(value).upper().replace(" ", "")
    for unit, factor in (("KB", 1000), ("MB", 1_000_000), ("B", 1)):
        if text.endswith(unit):
            return int(float(text.removesuffix(unit)) * factor)
    return int(float(text))


def _on(value: object) -> bool:
    return str(value).lower() in ("on", "true", "enable", "enabled")


def _at(tree: Tree, *path: str) -> Tree:
    """A branch; empty where there is none."""
    for part in path:
        found = tree.get(part)
        tree = found if isinstance(found, Mapping) else {}
    return tree


def _numbers(text: str) -> list[int]:
    """``26``, ``0-7`` and ``0,3``."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def _names(text: str) -> Iterator[str]:
    """``swp1-3,eth0`` as names; ``swp1s0-1`` counts the last number.

    >>> list(_names("swp1s0-1,eth0"))
    ['swp1s0', 'swp1s1', 'eth0']
    """
    for part in text.split(","):
        stem, dash, last = part.partition("-")
        digits = len(stem) - len(stem.rstrip("0123456789"))
        if dash and digits and last.isdigit():
            for number in range(int(stem[-digits:]), int(last) + 1):
                yield f"{stem[:-digits]}{number}"
        else:
            yield part
