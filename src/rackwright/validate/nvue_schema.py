"""The part of NVUE's object model that we use: every key with its type, and nothing besides.

Written from NVIDIA's list of ``nv set`` commands for Cumulus Linux 5.15 and later; a key below is the word
after its parent in such a command:
https://docs.nvidia.com/networking-ethernet-software/nvue-reference/Set-and-Unset-Commands/
An unknown key is an error, so that a misspelt one cannot pass.
"""

from __future__ import annotations

import re

from rackwright.validate.nvue_qos import QOS
from rackwright.validate.nvue_routing import ROUTER, VRF
from rackwright.validate.nvue_types import (
    ADDRESS4,
    EMPTY,
    ENABLE,
    FOUR,
    INTERFACE,
    NAMED,
    ON,
    PERMIT_OR_DENY,
    PREFIX4,
    PREFIX4_WORD,
    PREFIX6,
    SIX,
    STATE,
    TEXT,
    VRF_NAME,
    Each,
    Keys,
    Number,
    Word,
    named,
    one,
    rules,
)

_VLAN = re.compile(r"[1-9]\d{0,3}")
_ACL = Keys(
    {
        "type": one("ipv4", "ipv6"),
        "rule": rules(
            Keys(
                {
                    "action": PERMIT_OR_DENY,
                    "match": Keys({"ip": Keys({"source-ip": PREFIX4_WORD, "dest-ip": PREFIX4_WORD})}),
                },
                ("action",),
            )
        ),
    },
    ("type", "rule"),
)
_INTERFACE = Keys(
    {
        "acl": named(Keys({"inbound": EMPTY, "outbound": EMPTY})),
        "base-interface": Word(INTERFACE, "an interface"),
        "bridge": Keys({"domain": named(Keys({"access": Number(1, 4094)}))}),
        "description": TEXT,
        "ipv4": Keys(
            {
                "address": Each(PREFIX4, "an IPv4 address with its length", EMPTY),
                "gateway": Each(re.compile(FOUR), "an IPv4 address", EMPTY),
            }
        ),
        "ipv6": Keys({"address": Each(PREFIX6, "an IPv6 address with its length", EMPTY)}),
        "link": Keys(
            {
                "breakout": Each(re.compile("[1248]x"), "1x, 2x, 4x or 8x", EMPTY),
                "mtu": Number(552, 9216),
            }
        ),
        "qos": Keys({"pfc-watchdog": Keys({"state": ENABLE})}),
        "router": Keys({"adaptive-routing": STATE}),
        "type": one("swp", "eth", "loopback", "svi", "sub"),
        "vlan": Number(1, 4094),
        "vrf": Word(VRF_NAME, "a VRF's name"),
    },
    ("type",),
)
_RELAY = Keys(
    {
        "agent": Keys({"state": ON, "use-pif-circuit-id": STATE}),
        "downstream-interface": Each(INTERFACE, "an interface", Keys({"server-group-name": NAMED})),
        "server-group": named(
            Keys(
                {
                    "server": Each(re.compile(FOUR), "an IPv4 address", EMPTY),
                    "upstream-interface": Each(INTERFACE, "an interface", EMPTY),
                }
            )
        ),
    }
)
_SERVER = re.compile(rf"{FOUR}|{SIX}|[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_SYSTEM = Keys(
    {
        "dns": Keys({"server": Each(_SERVER, "a server", EMPTY)}),
        "hostname": Word(re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"), "a host name"),
        "lldp": Keys({"state": ON, "tx-hold-multiplier": Number(1, 10), "tx-interval": Number(10, 300)}),
        "ntp": Keys({"server": Each(_SERVER, "a server", Keys({"iburst": ON}))}),
        "ssh-server": STATE,
    },
    ("hostname",),
)
SET = Keys(
    {
        "acl": named(_ACL),
        "bridge": Keys(
            {"domain": named(Keys({"type": one("vlan-aware"), "vlan": Each(_VLAN, "a VLAN", EMPTY)}))}
        ),
        "evpn": STATE,
        "interface": Each(INTERFACE, "an interface", _INTERFACE),
        "nve": Keys({"vxlan": Keys({"source": Keys({"address": ADDRESS4}), "state": ON})}),
        "qos": QOS,
        "router": ROUTER,
        "service": Keys({"dhcp-relay": Each(VRF_NAME, "a VRF's name", _RELAY)}),
        "system": _SYSTEM,
        "vrf": Each(VRF_NAME, "a VRF's name", VRF),
    },
    ("interface", "system"),
)
HEADER = Keys(
    {
        "model": TEXT,
        "nvue-api-version": one("nvue_v1"),
        "version": Word(
            re.compile(r"Cumulus Linux 5\.(?:1[5-9]|[2-9]\d)\.\d+"), "Cumulus Linux 5.15 or later"
        ),
    },
    ("model", "nvue-api-version", "version"),
)
