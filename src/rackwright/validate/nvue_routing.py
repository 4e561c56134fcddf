"""The ``router`` and ``vrf`` branches of NVUE's object model, as far as we use them."""

from __future__ import annotations

import re

from rackwright.validate.nvue_types import (
    ADDRESS4,
    ASN,
    EMPTY,
    LARGE,
    NAMED,
    ON,
    PEER,
    PERMIT_OR_DENY,
    PREFIX,
    STATE,
    TARGET,
    TEXT,
    VRF_NAME,
    Each,
    Keys,
    Number,
    named,
    one,
    policy,
    rules,
)

ROUTER = Keys(
    {
        "adaptive-routing": STATE,
        "bfd": Keys(
            {
                "state": ON,
                "profile": named(
                    Keys(
                        {
                            "detect-multiplier": Number(2, 255),
                            "min-rx-interval": Number(50, 4000),
                            "min-tx-interval": Number(50, 4000),
                        }
                    )
                ),
            }
        ),
        "bgp": Keys(
            {
                "autonomous-system": ASN,
                "graceful-restart": Keys({"mode": one("off", "helper-only", "full")}),
                "router-id": ADDRESS4,
                "state": ON,
            },
            ("autonomous-system", "router-id", "state"),
        ),
        "policy": Keys(
            {
                "as-path-list": named(
                    Keys({"rule": rules(Keys({"action": one("permit", "deny"), "aspath-exp": TEXT}))})
                ),
                "large-community-list": named(
                    Keys(
                        {
                            "rule": rules(
                                Keys(
                                    {
                                        "action": one("permit", "deny"),
                                        "large-community": Each(LARGE, "a large community", EMPTY),
                                    }
                                )
                            )
                        }
                    )
                ),
                "prefix-list": named(
                    Keys(
                        {
                            "type": one("ipv4", "ipv6"),
                            "rule": rules(
                                Keys(
                                    {
                                        "action": one("permit", "deny"),
                                        "match": Each(
                                            PREFIX,
                                            "a prefix",
                                            Keys(
                                                {
                                                    "min-prefix-len": Number(0, 128),
                                                    "max-prefix-len": Number(0, 128),
                                                }
                                            ),
                                        ),
                                    }
                                )
                            ),
                        }
                    )
                ),
                "route-map": named(
                    Keys(
                        {
                            "rule": rules(
                                Keys(
                                    {
                                        "action": PERMIT_OR_DENY,
                                        "match": Keys(
                                            {
                                                "as-path-list": NAMED,
                                                "ip-prefix-list": NAMED,
                                                "large-community-list": NAMED,
                                                "type": one("ipv4", "ipv6"),
                                            }
                                        ),
                                        "set": Keys(
                                            {"large-community": Each(LARGE, "a large community", EMPTY)}
                                        ),
                                    },
                                    ("action",),
                                )
                            )
                        }
                    )
                ),
            }
        ),
    }
)
_UNICAST = Keys(
    {
        "multipaths": Keys({"ebgp": Number(1, 128)}),
        "redistribute": Keys({"connected": Keys({"route-map": NAMED, "state": ON})}),
        "route-export": Keys({"to-evpn": Keys({"route-map": NAMED, "state": ON})}),
        "route-import": Keys(
            {
                "from-vrf": Keys(
                    {"list": Each(VRF_NAME, "a VRF's name", EMPTY), "route-map": NAMED, "state": ON}
                )
            }
        ),
        "state": ON,
    }
)
_GROUP_FAMILY = Keys({"policy": policy("prefix-list", "route-map"), "state": ON})
_TARGETS = Keys({"route-target": Each(TARGET, "a route target", EMPTY)})
VRF = Keys(
    {
        "evpn": Keys(
            {
                "state": ON,
                "vlan": Number(1, 4094),
                "vni": Each(re.compile(r"[1-9]\d{0,7}"), "a VNI", EMPTY),
            }
        ),
        "router": Keys(
            {
                "bgp": Keys(
                    {
                        "address-family": Keys(
                            {"ipv4-unicast": _UNICAST, "ipv6-unicast": _UNICAST, "l2vpn-evpn": STATE}
                        ),
                        "autonomous-system": ASN,
                        "neighbor": Each(
                            PEER,
                            "an interface or an address",
                            Keys(
                                {"peer-group": NAMED, "type": one("numbered", "unnumbered")},
                                ("peer-group", "type"),
                            ),
                        ),
                        "path-selection": Keys({"multipath": Keys({"aspath-ignore": ON})}),
                        "peer-group": named(
                            Keys(
                                {
                                    "address-family": Keys(
                                        {
                                            "ipv4-unicast": _GROUP_FAMILY,
                                            "ipv6-unicast": _GROUP_FAMILY,
                                            "l2vpn-evpn": Keys({"policy": policy("route-map"), "state": ON}),
                                        }
                                    ),
                                    "bfd": Keys({"profile": NAMED}),
                                    "remote-as": one("external", "internal"),
                                },
                                ("remote-as",),
                            )
                        ),
                        "route-export": Keys({"to-evpn": _TARGETS}),
                        "route-import": Keys({"from-evpn": _TARGETS}),
                        "router-id": ADDRESS4,
                        "state": ON,
                    },
                    ("address-family", "state"),
                )
            }
        ),
    }
)
