"""Ports without power: a namespace outlives its machine, so what the machine told its ports is taken back."""

from __future__ import annotations

import json

from rackwright.lab import filters, netns
from rackwright.lab.command import run

KERNELS = {"-4": {0: "local", 32766: "main", 32767: "default"}, "-6": {0: "local", 32766: "main"}}
"""Policy rules of a fresh namespace: priority and table."""
FACTORY_MTU = 1500
SETTINGS = {
    "net.ipv4.ip_forward": "0",
    "net.ipv6.conf.all.forwarding": "0",
    "net.netfilter.nf_conntrack_tcp_be_liberal": "0",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait": "60",
    "net.netfilter.nf_conntrack_tcp_timeout_established": "432000",
}
"""Of a fresh namespace (the kernel's Documentation/networking: ip-sysctl, nf_conntrack-sysctl), of what
routers and nodes of Kubernetes set: a reboot forgets it."""


def reset(name: str) -> None:
    """Every port down, without address, route, rule or filter, as in a namespace that was just made. Of
    sysctls only ``SETTINGS`` are as they were.
    """
    if not netns.usable(name):
        return
    filters.reset(name)
    _forget_settings(name)
    links = netns.links(name)
    lines = [f"link del {link}" for link, facts in links.items() if _made_inside(facts)]
    for link, facts in links.items():
        if link == "lo" or _made_inside(facts):
            continue
        lines += [f"link set dev {link} nomaster", f"addr flush dev {link}"]
        lines.append(f"link set dev {link} down mtu {FACTORY_MTU}")
    for family, rules in KERNELS.items():
        found = json.loads(
            run(["ip", family, "-n", name, "-json", "rule"], f"read the rules of {name}") or "[]"
        )
        have = {rule["priority"] for rule in found}
        prefix = "-6 " if family == "-6" else ""
        foreign = [p for p in have if p not in rules]
        text = [
            f"rule del pref {priority}"
            for priority in foreign
            for rule in found
            if rule["priority"] == priority
        ]
        text += [f"rule add from all lookup {table} pref {p}" for p, table in rules.items() if p not in have]
        if text:
            run(
                ["ip", *([prefix.strip()] if prefix else []), "-n", name, "-batch", "-"],
                f"reset the rules of {name}",
                text="\n".join(text) + "\n",
            )
    if lines:
        run(["ip", "-n", name, "-batch", "-"], f"reset the ports of {name}", text="\n".join(lines) + "\n")
    answer = json.loads(
        run(["ip", "-n", name, "-json", "address", "show", "dev", "lo"], f"read addresses of {name}")
    )
    extra = [
        f"address del {info['local']}/{info['prefixlen']} dev lo"
        for entry in answer
        for info in entry.get("addr_info", [])
        if info["scope"] != "host"
    ]
    # Routes through a port went with its link; those without a port (prohibit, nexthop groups) are left.
    extra += ["route flush table main", "nexthop flush"]
    run(
        ["ip", "-n", name, "-force", "-batch", "-"],
        f"reset the routes of {name}",
        text="\n".join(extra) + "\n",
        accept=frozenset({0, 1, 2}),
    )


def _forget_settings(name: str) -> None:
    """Settings that a kernel lacks are passed over."""
    words = [f"{key}={value}" for key, value in SETTINGS.items()]
    run(["ip", "netns", "exec", name, "sysctl", "-eqw", *words], f"reset the settings of {name}")


def _made_inside(facts: dict[str, object]) -> bool:
    """A bridge or tunnel that the machine made; cables are veth pairs and stay."""
    info = facts.get("linkinfo")
    kind = info.get("info_kind") if isinstance(info, dict) else None
    return kind not in (None, "veth")
