"""What a switch holds now: files on disk, the configuration that FRR *runs*, live MTU, live rules, health.

A file that is right and a daemon that runs something else are two findings; both are looked at every time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

from rackwright.errors import WorldRefused
from rackwright.resources import networkd
from rackwright.ssh import Result, Session

FRR_CONF = "/etc/frr/frr.conf"
DAEMONS = "/etc/frr/daemons"
FRR_RELOAD = ("python3", "/usr/lib/frr/frr-reload.py")
PENDING = "/run/rackwright.pending"
"""There while files and daemons may disagree because a change is being made, or was cut short."""
_KERNEL = (["ip", "forwarding"], ["ipv6", "forwarding"])
"""FRR 10 shows these from the kernel as if they were configuration; the sysctl file owns them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a switch."""

    files: Mapping[str, str | None]
    frr: tuple[str, ...]
    """Lines by which the running FRR configuration differs from the declared file."""
    mtu: tuple[str, ...]
    rules: tuple[str, ...]
    sysctl: tuple[str, ...]
    pending: bool
    sessions: Mapping[str, str]
    """BGP state by neighbour."""
    neighbours: int
    """Devices heard by LLDP."""

    @property
    def live(self) -> list[str]:
        """Everything that runs otherwise than declared, whatever the disk says."""
        cut = ["an earlier change was cut short"] if self.pending else []
        return [*cut, *self.frr, *self.mtu, *self.rules, *self.sysctl]


def frr_drift(output: str) -> list[str]:
    """Lines of ``frr-reload.py --test``: what it would delete is not declared, what it would add is missing.

    >>> frr_drift("\\nLines To Add\\n============\\nrouter bgp 65001\\n timers bgp 1 3\\n")
    ['frr: not running: router bgp 65001', 'frr: not running:  timers bgp 1 3']
    """
    found: list[str] = []
    kind = ""
    for line in output.splitlines():
        if line.startswith("Lines To "):
            kind = "running but not declared" if line.endswith("Delete") else "not running"
        elif kind and line.strip() and set(line) != {"="} and line.split()[-2:] not in _KERNEL:
            # Some lines can only be taken away by adding their "no": a static route is such a one.
            extra = kind == "not running" and line.lstrip().startswith("no ")
            text = line.lstrip().removeprefix("no ") if extra else line
            found.append(f"frr: {'running but not declared' if extra else kind}: {text}")
    return found


def sysctl_wanted(files: Mapping[str, str]) -> dict[str, str]:
    """Value by ``/proc/sys`` path from the declared ``sysctl.d`` files."""
    wanted = {}
    for path, text in files.items():
        if "/sysctl.d/" in path:
            for line in (raw.strip() for raw in text.splitlines()):
                if line and line[0] not in "#;":
                    key, _, value = line.partition("=")
                    wanted["/proc/sys/" + key.strip().replace(".", "/")] = " ".join(value.split())
    return wanted


async def look(session: Session, files: Mapping[str, str], ports: Mapping[str, int]) -> Seen:
    """Look at everything, side by side over one connection."""
    wanted = sysctl_wanted(files)
    declared = networkd.declared_rules(files)
    texts, frr, links, rules, rules6 = await asyncio.gather(
        asyncio.gather(*(session.read(path) for path in files)),
        _frr(session, files),
        session.run(["ip", "-j", "link", "show"], check="read ports"),
        session.run(["ip", "-j", "-4", "rule", "show"], check="read rules"),
        session.run(["ip", "-j", "-6", "rule", "show"], check="read IPv6 rules")
        if any(rule.six for rule in declared)
        else _nothing(),
    )
    live = networkd.live_rules(rules.out) | networkd.live_rules(rules6.out, six=True)
    values, mark, bgp, lldp = await asyncio.gather(
        session.run(["grep", "-sH", "", *wanted]) if wanted else _nothing(),
        session.run(["test", "-e", PENDING]),
        session.run(["vtysh", "-c", "show bgp summary json"]),
        session.run(["lldpcli", "-f", "json0", "show", "neighbors"]),
    )
    return Seen(
        files=dict(zip(files, texts, strict=True)),
        frr=tuple(frr),
        mtu=tuple(networkd.mtu_drift(ports, networkd.live_mtu(links.out))),
        rules=tuple(networkd.rule_drift(declared, live)),
        sysctl=tuple(_sysctl_drift(wanted, _sysctls(values.out))),
        pending=mark.rc == 0,
        sessions=_sessions(bgp.out),
        neighbours=_neighbours(lldp.out),
    )


async def _nothing() -> Result:
    return Result(0, "", "")


def _sysctl_drift(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    return [
        f"sysctl {path.removeprefix('/proc/sys/').replace('/', '.')}: "
        f"found {found.get(path, 'none')}, expected {value}"
        for path, value in sorted(wanted.items())
        if found.get(path) != value
    ]


async def _frr(session: Session, files: Mapping[str, str]) -> list[str]:
    """Compare the running configuration with the declared text, by FRR's own rules for what is equal."""
    if FRR_CONF not in files:
        return []
    probe = f"/run/rackwright-declared-{id(files):x}.conf"
    await session.write(probe, files[FRR_CONF], 0o644)
    try:
        done = await session.run([*FRR_RELOAD, "--test", "--stdout", probe])
    finally:
        await session.remove(probe)
    if done.rc != 0:
        return [f"frr: running configuration cannot be read: {(done.err or done.out).strip()[-300:]}"]
    return frr_drift(done.out)


def _sysctls(output: str) -> dict[str, str]:
    rows = (line.partition(":") for line in output.splitlines())
    return {path: " ".join(value.split()) for path, _, value in rows}


def _sessions(output: str) -> dict[str, str]:
    try:
        families = json.loads(output or "{}")
    except json.JSONDecodeError:
        return {}
    peers = families.get("ipv4Unicast", {}).get("peers", {})
    return {name: str(peer.get("state", "unknown")) for name, peer in sorted(peers.items())}


def _neighbours(output: str) -> int:
    try:
        lldp = json.loads(output or "{}").get("lldp", [])
    except json.JSONDecodeError:
        return 0
    return sum(len(part.get("interface", [])) for part in lldp)


async def validate(session: Session, name: str, text: str) -> None:
    """Have FRR read a configuration without running it.

    :raises WorldRefused: with FRR's own words.
    """
    probe = f"/run/rackwright-check-{id(text):x}.conf"
    await session.write(probe, text, 0o644)
    try:
        done = await session.run(["vtysh", "-C", "-f", probe])
    finally:
        await session.remove(probe)
    if done.rc != 0:
        said = " ".join((done.err.strip() or done.out.strip() or "no reason given").split())
        raise WorldRefused(
            name, "check frr.conf", said[-500:], "nothing was changed; the template is at fault"
        )
