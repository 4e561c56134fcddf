"""Quality of service: the RoCE contract as SONiC's maps, schedulers, ECN profile and watchdog.

DSCP_TO_TC_MAP is always written, whole: stock SONiC puts DSCP 26 into a lossy class.
"""

from __future__ import annotations

from rackwright.models.design import Switch
from rackwright.models.qos import RoceContract
from rackwright.render.nos.sonic.platform import Platform
from rackwright.render.nos.sonic.ports import data_ports
from rackwright.render.nos.sonic.tables import Db, Row

MAP = "ROCE"
WRED = "ROCE_LOSSLESS"
_POLL = (100, 1000)
"""What SONiC takes for the watchdog's polling interval, in ms."""


def qos(db: Db, switch: Switch, contract: RoceContract, platform: Platform) -> None:
    """The maps, PORT_QOS_MAP, SCHEDULER, WRED_PROFILE, QUEUE and PFC_WD for every data port."""
    names = [port.name for port in data_ports(switch)]
    lossless = str(contract.priority)
    same = {str(number): str(number) for number in range(8)}
    db["DSCP_TO_TC_MAP"] = {MAP: {str(dscp): str(contract.priority_of(dscp)) for dscp in range(64)}}
    db["TC_TO_QUEUE_MAP"] = {MAP: dict(same)}
    db["MAP_PFC_PRIORITY_TO_QUEUE"] = {MAP: dict(same)}
    db["TC_TO_PRIORITY_GROUP_MAP"] = {
        MAP: {tc: lossless if tc == lossless else "0" for tc in same},
    }
    port: Row = {
        "dscp_to_tc_map": MAP,
        "tc_to_queue_map": MAP,
        "tc_to_pg_map": MAP,
        "pfc_to_queue_map": MAP,
        "pfc_enable": lossless,
        "pfcwd_sw_enable": lossless,
    }
    if platform.asic == "mellanox":
        db["PFC_PRIORITY_TO_PRIORITY_GROUP_MAP"] = {MAP: {lossless: lossless}}
        port["pfc_to_pg_map"] = MAP
    db["PORT_QOS_MAP"] = {"global": {"dscp_to_tc_map": MAP}, **dict.fromkeys(names, port)}
    queues: list[tuple[int, Row]] = []
    schedulers = db["SCHEDULER"] = {}
    for each in contract.classes:
        scheduler = f"scheduler.{each.name}"
        if each.percent is None:
            schedulers[scheduler] = {"type": "STRICT"}
        else:
            schedulers[scheduler] = {"type": "DWRR", "weight": str(each.percent)}
        row: Row = {"scheduler": scheduler}
        if each.lossless:
            row["wred_profile"] = WRED
        queues.append((each.number, row))
    db["WRED_PROFILE"] = {WRED: _wred(contract)}
    db["QUEUE"] = {f"{name}|{number}": row for name in names for number, row in queues}
    time = str(contract.watchdog_ms)
    watch: Row = {"action": "drop", "detection_time": time, "restoration_time": time}
    poll = min(max(contract.watchdog_ms, _POLL[0]), _POLL[1])
    db["PFC_WD"] = {"GLOBAL": {"POLL_INTERVAL": str(poll)}, **dict.fromkeys(names, watch)}


def _wred(contract: RoceContract) -> Row:
    row: Row = {"ecn": "ecn_all"}
    for colour in ("green", "yellow", "red"):
        row[f"wred_{colour}_enable"] = "true"
        row[f"{colour}_min_threshold"] = str(contract.ecn_min_bytes)
        row[f"{colour}_max_threshold"] = str(contract.ecn_max_bytes)
        row[f"{colour}_drop_probability"] = str(contract.ecn_probability)
    return row
