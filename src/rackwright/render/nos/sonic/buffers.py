"""Buffers: headroom by speed and cable, what is left as shared pools, and which queue lives in which.

The two makers of ASICs count headroom in two ways. Mellanox (Spectrum) reserves it in each priority group:
``size`` is ``xon`` and ``xoff`` together. Broadcom keeps it in the ingress pool's ``xoff``; ``size`` is the
group's guaranteed part, and ``xon_offset`` says how far below the threshold the sender may go on.
"""

from __future__ import annotations

from rackwright.models.design import End, Switch
from rackwright.models.qos import RoceContract
from rackwright.qos.headroom import UNKNOWN_METRES, headroom
from rackwright.render.nos.sonic.platform import Platform
from rackwright.render.nos.sonic.ports import data_ports
from rackwright.render.nos.sonic.tables import Db, Row
from rackwright.render.wiring import Wiring

INGRESS, INGRESS_LOSSY = "ingress_lossless_pool", "ingress_lossy_pool"
EGRESS, EGRESS_LOSSY = "egress_lossless_pool", "egress_lossy_pool"
CABLES = "AZURE"
"""The name that SONiC's own tools look for in CABLE_LENGTH."""
_XON_OFFSET = "3556"
"""Tomahawk 5: sonic-buildimage, device/micas/x86_64-micas_m2-w6940-64oc-r0, pg_profile_lookup.ini."""
_THRESHOLD = {"mellanox": "0", "broadcom": "-2"}
"""``dynamic_th`` of lossless groups (the power of two of alpha) in the same tables."""


def metres_of(switch: Switch, wiring: Wiring, platform: Platform) -> dict[str, int]:
    """Cable length by port; rounded up to what the platform's own headroom table knows, where it has one."""
    found = {}
    for port in data_ports(switch):
        real = max(1, wiring.metres.get(End(switch.name, port.name), UNKNOWN_METRES))
        found[port.name] = next((known for known in platform.lossless_at if known >= real), real)
    return found


def buffers(db: Db, switch: Switch, wiring: Wiring, contract: RoceContract, platform: Platform) -> None:
    """BUFFER_POOL, BUFFER_PROFILE, BUFFER_PG, BUFFER_QUEUE and CABLE_LENGTH."""
    metres = metres_of(switch, wiring, platform)
    profiles = db["BUFFER_PROFILE"] = {}
    groups = db["BUFFER_PG"] = {}
    queues = db["BUFFER_QUEUE"] = {}
    number = contract.priority
    lossy_in: Row = {"profile": "ingress_lossy_profile"}
    lossy_out: Row = {"profile": "egress_lossy_profile"}
    lossless_out: Row = {"profile": "egress_lossless_profile"}
    rows: dict[tuple[int, int], Row] = {}
    reserved = 0
    for port in data_ports(switch):
        length = metres[port.name]
        room = headroom(port.speed_gbps, length, contract.switch_mtu)
        reserved += room.size if platform.asic == "mellanox" else room.xoff
        row = rows.get((port.speed_gbps, length))
        if row is None:
            name = f"pg_lossless_{port.speed_gbps * 1000}_{length}m_profile"
            row = rows[port.speed_gbps, length] = {"profile": name}
            profiles[name] = {
                "pool": INGRESS,
                "xon": str(room.xon if platform.asic == "mellanox" else 0),
                "xoff": str(room.xoff),
                "size": str(room.size if platform.asic == "mellanox" else room.xon),
                "dynamic_th": _THRESHOLD[platform.asic],
            }
            if platform.asic == "broadcom":
                profiles[name]["xon_offset"] = _XON_OFFSET
        groups[f"{port.name}|0"] = lossy_in
        groups[f"{port.name}|{number}"] = row
        if number > 0:
            queues[f"{port.name}|{_range(0, number - 1)}"] = lossy_out
        queues[f"{port.name}|{number}"] = lossless_out
        if number < 7:
            queues[f"{port.name}|{_range(number + 1, 7)}"] = lossy_out
    pools(db, contract, platform, reserved)
    db["CABLE_LENGTH"] = {CABLES: {name: f"{length}m" for name, length in metres.items()}}


def pools(db: Db, contract: RoceContract, platform: Platform, reserved: int) -> None:
    """Pools of what the headroom leaves; without sizes where the platform's buffer is not public."""
    whole = platform.buffer_bytes
    rest = max(0, whole - reserved) if whole is not None else None
    profiles = db["BUFFER_PROFILE"]
    share = contract.bandwidth_percent
    if platform.asic == "mellanox":
        db["BUFFER_POOL"] = {
            INGRESS: _pool("ingress", "dynamic", rest, share),
            INGRESS_LOSSY: _pool("ingress", "dynamic", rest, 100 - share),
            EGRESS: _pool("egress", "dynamic", whole, 100),
            EGRESS_LOSSY: _pool("egress", "dynamic", rest, 100 - share),
        }
        profiles["ingress_lossy_profile"] = {"pool": INGRESS_LOSSY, "size": "0", "dynamic_th": "3"}
        profiles["egress_lossless_profile"] = {"pool": EGRESS, "size": "0", "dynamic_th": "7"}
        profiles["egress_lossy_profile"] = {"pool": EGRESS_LOSSY, "size": "9216", "dynamic_th": "7"}
        return
    db["BUFFER_POOL"] = {
        INGRESS: {**_pool("ingress", "dynamic", rest, 100), "xoff": str(reserved)},
        EGRESS: _pool("egress", "static", rest, 100),
    }
    most = str(rest) if rest is not None else "0"
    profiles["ingress_lossy_profile"] = {"pool": INGRESS, "size": "0", "dynamic_th": "3"}
    profiles["egress_lossless_profile"] = {"pool": EGRESS, "size": "0", "static_th": most}
    profiles["egress_lossy_profile"] = {"pool": EGRESS, "size": "9216", "dynamic_th": "0"}


def _pool(kind: str, mode: str, size: int | None, percent: int) -> Row:
    row: Row = {"type": kind, "mode": mode}
    if size is not None:
        row["size"] = str(size * percent // 100)
    return row


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
