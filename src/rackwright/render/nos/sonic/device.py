"""Device: who the switch is, its management port, clock, resolvers and LLDP."""

from __future__ import annotations

from rackwright.models.design import Design, Switch
from rackwright.render.nos.sonic.platform import Platform
from rackwright.render.nos.sonic.tables import Db, Row

TYPES = {"leaf": "ToRRouter", "spine": "LeafRouter", "core": "SpineRouter", "oob": "MgmtToRRouter"}
"""SONiC's words for tiers."""
LLDP_SECONDS = 10
_MOST_NTP, _MOST_DNS = 10, 3
"""More servers SONiC's own models do not take."""


def device(db: Db, switch: Switch, design: Design, platform: Platform) -> None:
    """DEVICE_METADATA, MGMT_*, NTP*, DNS_NAMESERVER, LLDP."""
    about: Row = {
        "hostname": switch.name,
        "type": TYPES[switch.tier],
        "docker_routing_config_mode": "unified",
        "frr_mgmt_framework_config": "true",
        "buffer_model": "traditional",
        "default_bgp_status": "up",
        # at start the FRR manager replays the tables itself: its templates know fewer of their keys
        "use_template_render_for_restore": "false",
    }
    if platform.name and platform.hwsku:
        about |= {"platform": platform.name, "hwsku": platform.hwsku}
    if switch.asn is not None:
        about["bgp_asn"] = str(switch.asn)
    if switch.loopback is not None:
        about["bgp_router_id"] = switch.loopback.ip
    db["DEVICE_METADATA"] = {"localhost": about}
    db["LLDP"] = {"GLOBAL": {"enabled": "true", "hello_time": str(LLDP_SECONDS), "system_name": switch.name}}
    wired = any(port.use == "management" for port in switch.ports)
    _clock(db, design, "mgmt" if wired else "default")
    resolvers = design.spec.site.dns[:_MOST_DNS]
    if resolvers:
        db["DNS_NAMESERVER"] = {address: {} for address in resolvers}
    if not wired:
        return
    # the model of SONiC wants a gateway beside the address; on a flat plane the controller stands there
    gateway = getattr(switch, "gateway", None) or design.controller.ip
    db["MGMT_PORT"] = {"eth0": {"alias": "eth0", "admin_status": "up"}}
    db["MGMT_INTERFACE"] = {f"eth0|{switch.management}": {"gwaddr": gateway}}
    db["MGMT_VRF_CONFIG"] = {"vrf_global": {"mgmtVrfEnabled": "true"}}


def _clock(db: Db, design: Design, table: str) -> None:
    servers = (design.spec.site.ntp or [design.controller.ip])[:_MOST_NTP]
    own: Row = {"admin_state": "enabled", "server_role": "disabled", "vrf": table}
    if table == "mgmt":
        own["src_intf"] = ["eth0"]
    db["NTP"] = {"global": own}
    db["NTP_SERVER"] = {server: {"association_type": "server", "iburst": "on"} for server in servers}
