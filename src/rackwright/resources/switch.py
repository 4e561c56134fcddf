"""Switch: its configuration, pushed over SSH and applied so that what did not change keeps running.

Only files that differ are written. FRR is told by ``frr-reload.py``, which issues the difference line by
line, so that BGP sessions that are not touched stay up; ports and edge rules by ``networkctl reload``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rackwright.errors import WorldRefused
from rackwright.resources import site
from rackwright.resources.handler import Diff, Observed, Progress, Props
from rackwright.resources.networkd_ask import WAIT_SECONDS, networkctl
from rackwright.resources.switch_state import DAEMONS, FRR_CONF, FRR_RELOAD, PENDING, Seen, look, validate
from rackwright.ssh import Session

SETTLE_SECONDS = 10.0
IN_BAND = "in-band"
"""As ``tier``: the switch is managed over its own ports."""
_NETWORK = "/etc/systemd/network/"


@dataclass(frozen=True, slots=True)
class Steps:
    """What has to be done. Pure; made by :func:`plan`."""

    write: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    restart_frr: bool = False
    reload_frr: bool = False
    reload_network: bool = False
    restart_network: bool = False
    restart_lldpd: bool = False
    apply_sysctl: bool = False


def plan(files: Mapping[str, str], stale: list[str], seen: Seen) -> Steps:
    """The steps from what was seen to what is declared. After a cut change every daemon is told again."""
    write = tuple(path for path, text in files.items() if seen.files.get(path) != text)
    touched = {*write, *stale, *(files if seen.pending else ())}
    return Steps(
        write=write,
        remove=tuple(stale),
        restart_frr=DAEMONS in write,
        reload_frr=FRR_CONF in files and (FRR_CONF in touched or DAEMONS in touched or bool(seen.frr)),
        reload_network=any(path.startswith(_NETWORK) for path in touched) or bool(seen.mtu or seen.rules),
        restart_network=any("/networkd.conf.d/" in path for path in touched),
        restart_lldpd=any("/lldpd" in path for path in touched),
        apply_sysctl=any("/sysctl.d/" in path for path in touched) or bool(seen.sysctl),
    )


def bare(conf: str) -> str:
    """The configuration that carries nothing: the same interfaces, without a line in them.

    FRR 10.3 refuses `no interface` while the interface exists ("only inactive interfaces can be deleted"), so
    they stay, empty.
    """
    names = dict.fromkeys(line.split()[1] for line in conf.splitlines() if line.startswith("interface "))
    return "frr defaults datacenter\n!\n" + "".join(f"interface {name}\nexit\n!\n" for name in names)


class SwitchHandler:
    """``rackwright:fabric:Switch``: name, address, nos, tier, files {path: text}, ports {name: MTU}."""

    type = "rackwright:fabric:Switch"

    def check(self, inputs: Props) -> list[tuple[str, str]]:
        problems = site.missing(inputs, "name", "address", "nos", "files", "ports")
        if inputs.get("nos", "frr") != "frr":
            problems.append(("nos", f"{inputs['nos']} cannot be pushed yet; frr can"))
        return problems

    def diff(self, old: Props, new: Props) -> Diff:
        return site.diff(old, new, frozenset({"name"}))

    async def read(self, id: str, inputs: Props) -> Observed | None:
        async with site.session(inputs) as session:
            return _observed(inputs, await look(session, inputs["files"], inputs["ports"]))

    async def apply(self, inputs: Props, old: Observed | None, progress: Progress) -> Observed:
        files: dict[str, str] = dict(inputs["files"])
        stale = [path for path in (old.inputs.get("files", {}) if old else {}) if path not in files]
        async with site.session(inputs) as session:
            seen = await look(session, files, inputs["ports"])
            steps = plan(files, stale, seen)
            if steps == Steps():
                progress("is as declared already")
                return _observed(inputs, seen)
            if FRR_CONF in steps.write:
                await validate(session, inputs["name"], files[FRR_CONF])
            await session.write(PENDING, "", 0o644)
            await _act(session, inputs, steps, seen, progress)
            await session.remove(PENDING)
            return _observed(inputs, await _settled(session, inputs))

    async def delete(self, id: str, inputs: Props, progress: Progress) -> None:
        """Back to a switch that carries no plane. The management network is kept: we stand on it."""
        if inputs.get("tier") == IN_BAND:
            progress("kept: the management network runs over it")
            return
        bridge = inputs.get("tier") == "oob"
        async with site.session(inputs) as session:
            for path in inputs["files"]:
                if path == FRR_CONF:
                    await session.write(path, bare(inputs["files"][path]), 0o640)
                elif path != DAEMONS and not (bridge and path.startswith(_NETWORK)):
                    await session.remove(path)
            if FRR_CONF in inputs["files"]:
                await _reload_frr(session)
            if not bridge:
                await networkctl(session, "reload")
                for port in inputs["ports"]:
                    await session.run(["networkctl", "reconfigure", port])
        progress("configuration removed")


async def _act(session: Session, inputs: Props, steps: Steps, seen: Seen, progress: Progress) -> None:
    """Write, then tell each daemon; kernel first, so that FRR finds its ports as declared."""
    files = inputs["files"]
    for path in steps.write:
        await session.write(path, files[path], 0o640 if path == FRR_CONF else 0o644)
    for path in steps.remove:
        await session.remove(path)
    progress(f"{len(steps.write)} files written, {len(steps.remove)} removed")
    if steps.write and FRR_CONF in steps.write:
        await session.run(["chown", "frr:frr", FRR_CONF], check="owner of frr.conf")
    if steps.restart_network:
        restart = ["systemctl", "restart", "systemd-networkd"]
        await session.run(restart, check="restart systemd-networkd", timeout=WAIT_SECONDS)
    if steps.reload_network or steps.restart_network:
        await _reload_network(session, inputs)
    if steps.restart_frr:
        progress("restarting FRR: its set of daemons changed")
        await session.run(["systemctl", "restart", "frr"], check="restart frr", timeout=90)
    if steps.reload_frr:
        await _reload_or_roll_back(session, inputs, seen)
    if paths := [path for path in files if "/sysctl.d/" in path]:
        # Always, and after FRR: it takes the kernel's forwarding for a line of its own and may clear it.
        await session.run(["/usr/lib/systemd/systemd-sysctl", *paths], check="apply sysctl")
    if steps.restart_lldpd:
        await session.run(["systemctl", "restart", "lldpd"], check="restart lldpd")


async def _reload_network(session: Session, inputs: Props) -> None:
    """Have networkd take the files; ports that still differ are done again one by one."""
    await networkctl(session, "reload")
    for attempt in range(4):
        await asyncio.sleep(0.5 * attempt)
        seen = await look(session, inputs["files"], inputs["ports"])
        if not seen.mtu and not seen.rules:
            return
        named = [
            port
            for port in inputs["ports"]
            if any(port in line.replace(":", "").split() for line in seen.live)
        ]
        for port in named:
            await networkctl(session, "reconfigure", port)
            await session.run(["ip", "link", "set", "dev", port, "mtu", str(inputs["ports"][port])])
        for line in seen.rules:
            said, foreign, rule = line.partition(" rule not declared: ")
            if not foreign:
                continue
            priority, _, selector = rule.partition(": ")
            *words, action = selector.split()
            last = ["table", action] if action == "main" or action.isdigit() else ["type", action]
            family = "-6" if said.endswith("-6") else "-4"
            await session.run(["ip", family, "rule", "del", "priority", priority, *words, *last])


async def _reload_or_roll_back(session: Session, inputs: Props, seen: Seen) -> None:
    """Tell FRR the difference; when it refuses, put the old file back and tell it that."""
    try:
        await _reload_frr(session)
    except WorldRefused as refusal:
        before = seen.files.get(FRR_CONF)
        if before is not None and before != inputs["files"][FRR_CONF]:
            await session.write(FRR_CONF, before, 0o640)
            await _reload_frr(session)
            raise WorldRefused(
                inputs["name"], "frr-reload", refusal.found, "the earlier configuration was put back and runs"
            ) from refusal
        raise


async def _reload_frr(session: Session) -> None:
    await session.run(
        [*FRR_RELOAD, "--reload", "--stdout", "--log-level", "error", FRR_CONF], check="frr-reload"
    )


async def _settled(session: Session, inputs: Props) -> Seen:
    """Look until what runs is what is declared; daemons need a moment to take it in."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_SECONDS
    while True:
        seen = await look(session, inputs["files"], inputs["ports"])
        if not seen.live:
            return seen
        if loop.time() > deadline:
            raise WorldRefused(
                inputs["name"],
                "read back",
                "; ".join(seen.live[:5]),
                "the files are written but do not run; look at the journal of frr and systemd-networkd",
            )
        await asyncio.sleep(0.5)


def _observed(inputs: Props, seen: Seen) -> Observed:
    """In the shape of the inputs; ``drift`` is there only when something runs otherwise than declared."""
    files = {path: text for path, text in seen.files.items() if text is not None}
    found: dict[str, Any] = {**inputs, "files": files}
    found.pop("drift", None)
    if seen.live:
        found["drift"] = seen.live
    up = sum(state == "Established" for state in seen.sessions.values())
    return Observed(
        id=inputs["name"],
        inputs=found,
        outputs={
            "name": inputs["name"],
            "address": inputs["address"],
            "bgpUp": up,
            "bgpExpected": _expected_sessions(inputs["files"].get(FRR_CONF, "")),
            "neighbours": seen.neighbours,
        },
    )


def _expected_sessions(conf: str) -> int:
    """Sessions that the configuration asks for: each ``neighbor`` that is an interface or an address."""
    names = {
        words[1]
        for words in (line.split() for line in conf.splitlines())
        if words[:1] == ["neighbor"]
        and (words[2:3] in (["interface"], ["remote-as"]) or (len(words) == 4 and words[2] == "peer-group"))
    }
    groups = {
        words[1]
        for words in (line.split() for line in conf.splitlines())
        if len(words) == 3 and words[0] == "neighbor" and words[2] == "peer-group"
    }
    return len(names - groups)
