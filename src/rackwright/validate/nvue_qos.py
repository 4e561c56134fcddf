"""The ``qos`` branch of NVUE's object model, as far as we use it."""

from __future__ import annotations

import re

from rackwright.validate.nvue_types import EMPTY, ENABLE, ON, Each, Keys, Node, Number, one, priorities

_PROFILE = re.compile("default-global")


def _profile(of: Node) -> Each:
    return Each(_PROFILE, "default-global", of)


QOS = Keys(
    {
        "congestion-control": _profile(
            Keys(
                {
                    "traffic-class": priorities(
                        Keys(
                            {
                                "ecn": ENABLE,
                                "red": ENABLE,
                                "min-threshold": Number(1, 4_294_967_295),
                                "max-threshold": Number(1, 4_294_967_295),
                                "probability": Number(0, 100),
                            }
                        )
                    )
                }
            )
        ),
        "egress-queue-mapping": _profile(
            Keys({"switch-priority": priorities(Keys({"traffic-class": Number(0, 7)}))})
        ),
        "egress-scheduler": _profile(
            Keys(
                {
                    "traffic-class": priorities(
                        Keys({"mode": one("dwrr", "strict"), "bw-percent": Number(1, 100)}, ("mode",))
                    )
                }
            )
        ),
        "mapping": _profile(
            Keys(
                {
                    "trust": one("port", "l2", "l3", "both"),
                    "dscp": Each(
                        re.compile(r"6[0-3]|[1-5]?\d"),
                        "a DSCP from 0 to 63",
                        Keys({"switch-priority": Number(0, 7)}),
                    ),
                }
            )
        ),
        "pfc": _profile(
            Keys(
                {
                    "cable-length": Number(1, 100_000),
                    "rx": ENABLE,
                    "tx": ENABLE,
                    "switch-priority": priorities(EMPTY),
                }
            )
        ),
        "pfc-watchdog": Keys({"polling-interval": Number(100, 5000), "robustness": Number(1, 1000)}),
        "roce": Keys({"mode": one("lossless", "lossy"), "state": ON}),
    }
)
