"""SONiC: pictures of a switch's ports from config_db.json.

The chain is DSCP -> traffic class -> queue (out) and priority group (in); a priority group is also the number
in the pause frames that it sends, where no map says otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from rackwright.qos.walk.picture import EIGHT, STRICT, Ecn, Port, Switch, Trust

PATH = "/etc/sonic/config_db.json"
_MTU = 9100
"""Where PORT says none."""
Db = Mapping[str, Mapping[str, Any]]


def switch(files: Mapping[str, str]) -> Switch:
    """A switch's picture.

    :raises ValueError: the file is no JSON object of tables.
    """
    db: Db = json.loads(files[PATH])
    reader = _Reader(db)
    return Switch(PATH, {name: reader.port(name, row) for name, row in db.get("PORT", {}).items()})


class _Reader:
    """Ports whose tables say the same share one picture's parts."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._qos = db.get("PORT_QOS_MAP", {})
        self._watched = db.get("PFC_WD", {})
        self._lengths = {
            port: length for table in db.get("CABLE_LENGTH", {}).values() for port, length in table.items()
        }
        self._queues = _by_port(db.get("QUEUE", {}))
        self._groups = _by_port(db.get("BUFFER_PG", {}))
        self._ecn = {name: _ecn(row) for name, row in db.get("WRED_PROFILE", {}).items()}
        self._parts: dict[tuple[str | None, ...], dict[str, Any]] = {}

    def port(self, name: str, row: Mapping[str, str]) -> Port:
        qos = self._qos.get(name, {})
        chain = self._chain(qos)
        pfc = _list(qos.get("pfc_enable", ""))
        ecn: list[Ecn | None] = [None] * 8
        shares: list[int | None] = [None] * 8
        for numbers, queue in self._queues.get(name, ()):
            for number in numbers:
                ecn[number] = self._ecn.get(_bare(queue.get("wred_profile", "")))
                shares[number] = self._share(_bare(queue.get("scheduler", "")))
        headroom = None
        for numbers, group in self._groups.get(name, ()):
            profile = self._db.get("BUFFER_PROFILE", {}).get(_bare(group.get("profile", "")), {})
            if pfc & {chain["sends"].get(number, number) for number in numbers} and "xoff" in profile:
                headroom = int(profile["xoff"])
        length = re.match(r"(\d+)", self._lengths.get(name, ""))
        return Port(
            chain["trust"],
            chain["classes"],
            chain["queues"],
            tuple(_sent(pfc, chain, number) for number in range(8)),
            tuple(chain["stopped"][number] if number in pfc else None for number in range(8)),
            tuple(ecn),
            tuple(shares),
            int(row.get("mtu", _MTU)),
            name in self._watched and bool(_list(qos.get("pfcwd_sw_enable", "")) >= pfc),
            headroom,
            int(length[1]) if length else None,
        )

    def _chain(self, qos: Mapping[str, str]) -> dict[str, Any]:
        """The maps of a port, by their names."""
        names = ("dscp_to_tc_map", "tc_to_queue_map", "tc_to_pg_map", "pfc_to_queue_map", "pfc_to_pg_map")
        key = tuple(qos.get(name) for name in names)
        if key not in self._parts:
            dscp, queue, group, stop, send = (_bare(name or "") for name in key)
            table = self._table
            classes = table("DSCP_TO_TC_MAP", dscp)
            trust: Trust = "dscp" if dscp else "none"
            self._parts[key] = {
                "trust": trust,
                "classes": tuple(classes.get(number, 0) for number in range(64)),
                "queues": _eight(table("TC_TO_QUEUE_MAP", queue)),
                "groups": _eight(table("TC_TO_PRIORITY_GROUP_MAP", group)),
                "stopped": _eight(table("MAP_PFC_PRIORITY_TO_QUEUE", stop)),
                "sends": {to: at for at, to in table("PFC_PRIORITY_TO_PRIORITY_GROUP_MAP", send).items()},
            }
        return self._parts[key]

    def _table(self, name: str, row: str) -> dict[int, int]:
        found = self._db.get(name, {}).get(row, {})
        return {int(key): int(value) for key, value in found.items()}

    def _share(self, scheduler: str) -> int | None:
        row = self._db.get("SCHEDULER", {}).get(scheduler)
        if row is None:
            return None
        return STRICT if row.get("type") == "STRICT" else int(row.get("weight", "0"))


def _sent(pfc: set[int], chain: Mapping[str, Any], number: int) -> int | None:
    """Priority of the pause frames for a class: its group's, where PFC is on for it."""
    group = chain["groups"][number]
    priority: int = chain["sends"].get(group, group)
    return priority if priority in pfc else None


def _eight(table: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(table.get(number, number) for number in EIGHT)


def _ecn(row: Mapping[str, str]) -> Ecn | None:
    if row.get("ecn", "ecn_none") == "ecn_none" or row.get("wred_green_enable", "true") != "true":
        return None
    least, most = row.get("green_min_threshold", "0"), row.get("green_max_threshold", "0")
    return Ecn(int(least), int(most), int(row.get("green_drop_probability", "0")))


def _by_port(table: Mapping[str, Any]) -> dict[str, list[tuple[list[int], Mapping[str, str]]]]:
    """``Ethernet0|3-4`` and ``Ethernet0,Ethernet4|3`` by port."""
    found: dict[str, list[tuple[list[int], Mapping[str, str]]]] = {}
    for key, row in table.items():
        ports, _, numbers = key.partition("|")
        for port in ports.split(","):
            found.setdefault(port, []).append((sorted(_list(numbers)), row))
    return found


def _list(text: str) -> set[int]:
    """``3,4`` and ``0-2``; empty: none.

    >>> sorted(_list("0-2,4"))
    [0, 1, 2, 4]
    """
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _bare(name: str) -> str:
    """A reference may be written ``[TABLE|name]`` (releases before 202111).

    >>> _bare("[DSCP_TO_TC_MAP|AZURE]"), _bare("AZURE")
    ('AZURE', 'AZURE')
    """
    return name.strip("[]").rpartition("|")[2]
