"""A fabric of network namespaces: the host's FRR daemons run what was rendered, a veth pair is a cable."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rackwright.models.design import Design, Switch
from rackwright.render.nos.frr import files
from rackwright.render.nos.peers import bfd_of
from rackwright.render.wiring import Wiring
from rackwright.verify import prober

_made = itertools.count()
DAEMONS = Path("/usr/lib/frr")
PROBER = Path(prober.__file__)
_SYSCTL = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.fib_multipath_hash_policy=1")


def run(*argv: str, check: bool = True, timeout: float = 20.0, text: str | None = None) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, input=text, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(argv)}: {done.stdout}{done.stderr}")
    return done.stdout


class Namespaces:
    """Every switch and every host of a design; ``with`` takes all of it away again.

    The daemons run as the user ``frr``, so the folder must be one that everybody may enter.
    """

    def __init__(self, design: Design, folder: Path) -> None:
        self.design, self.folder = design, folder
        self.wiring = Wiring.of(design)
        self.mark = f"rw{os.getpid()}-{next(_made)}"
        self.names: dict[str, str] = {}
        self.daemons: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Namespaces:
        try:
            for switch in self.design.switches:
                self._namespace(switch.name)
                run("ip", "-n", self.names[switch.name], "link", "set", "lo", "up")
                run("ip", "netns", "exec", self.names[switch.name], "sysctl", "-qw", *_SYSCTL)
            for cable in self.design.cables:
                self._cable(cable.a.device, cable.a.port, cable.z.device, cable.z.port)
            for switch in self.design.switches:
                self._daemons(switch)
            for switch in self.design.switches:
                conf = self.folder / switch.name / "frr.conf"
                conf.write_text(files(switch, self.design, self.wiring)["/etc/frr/frr.conf"])
                self.vtysh(switch.name, "-f", str(conf))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for daemon in self.daemons:
            daemon.kill()
        for daemon in self.daemons:
            daemon.wait(timeout=10)
        for name in self.names.values():
            run("ip", "netns", "del", name, check=False)

    def vtysh(self, switch: str, *argv: str) -> str:
        return run("vtysh", "--vty_socket", str(self.folder / switch), *argv)

    def inside(self, device: str, *argv: str, check: bool = True) -> str:
        return run("ip", "netns", "exec", self.names[device], *argv, check=check)

    def probe(self, device: str, target: str, ttl: int = 64) -> dict[str, str]:
        """What the product's own prober hears: ``got`` and, of whom, ``from``."""
        [source] = json.loads(self.inside(device, "ip", "-j", "-4", "address", "show", "dev", "eth0"))
        probes = [[0, source["addr_info"][0]["local"], target, ttl, 100, False]]
        code = (
            "import json, time, prober; "
            f"print(json.dumps(prober.probe_all({probes!r}, time.monotonic() + 4)))"
        )
        answer = self.inside(device, "env", f"PYTHONPATH={PROBER.parent}", sys.executable, "-c", code)
        heard: dict[str, str] = json.loads(answer)["0"]
        return heard

    def paths(self, switch: str) -> dict[str, list[list[int]]]:
        """AS paths by prefix, every one that BGP holds."""
        table = json.loads(self.vtysh(switch, "-c", "show bgp ipv4 unicast json"))
        return {
            prefix: [[int(asn) for asn in path["path"].split()] for path in routes]
            for prefix, routes in table["routes"].items()
        }

    def difference(self, device: str) -> set[str]:
        """Lines that a switch was given and does not print, and the other way round."""
        if device not in self.wiring.switches:
            return set()
        given = (self.folder / device / "frr.conf").read_text()
        prints = self.vtysh(device, "-c", "show running-config")
        sides = [{line.strip() for line in text.splitlines()} - {"", "!"} for text in (given, prints)]
        foreign = ("hostname ", "frr version ", "Building configuration", "Current configuration")
        return {line for line in sides[0] ^ sides[1] if not line.startswith(foreign)}

    def wait(self, seconds: float) -> None:
        """Until every session of every family is up."""
        until = time.monotonic() + seconds
        waiting = [switch.name for switch in self.design.switches]
        while waiting:
            waiting = [name for name in waiting if not self._all_up(name)]
            assert time.monotonic() < until, f"sessions that are not up: {waiting}"
            time.sleep(0.2)

    def _all_up(self, switch: str) -> bool:
        summary = json.loads(self.vtysh(switch, "-c", "show bgp summary json"))
        wanted = sum(port.use in ("uplink", "downlink") for port in self.wiring.switches[switch].ports)
        return all(
            sum(peer["state"] == "Established" for peer in family["peers"].values()) == wanted
            for family in summary.values()
        )

    def _namespace(self, device: str) -> None:
        if device not in self.names:
            self.names[device] = f"{self.mark}-{len(self.names)}"
            run("ip", "netns", "add", self.names[device])

    def _cable(self, *ends: str) -> None:
        (a, a_port, z, z_port) = ends
        self._namespace(z)
        run(
            *("ip", "link", "add", a_port, "netns", self.names[a], "type", "veth"),
            *("peer", "name", z_port, "netns", self.names[z]),
        )
        for device, port in ((a, a_port), (z, z_port)):
            run("ip", "-n", self.names[device], "link", "set", port, "mtu", "9216", "up")
        if z not in self.wiring.switches:
            near = next(p.address for p in self.wiring.switches[a].ports if p.name == a_port)
            assert near is not None
            address = type(near)(near.value + 1, near.length)
            run("ip", "-n", self.names[z], "address", "add", str(address), "dev", z_port)
            run("ip", "-n", self.names[z], "route", "add", "default", "via", near.ip)

    def _daemons(self, switch: Switch) -> None:
        folder = self.folder / switch.name
        folder.mkdir()
        shutil.chown(folder, "frr", "frr")
        for daemon in ("zebra", "bgpd", *(["bfdd"] if bfd_of(switch, self.design) else [])):
            own = ["--bfdctl", f"{folder}/bfdd.sock"] if daemon == "bfdd" else ["-P", "0"]
            with (folder / f"{daemon}.log").open("wb") as log:
                started = subprocess.Popen(
                    [
                        *("ip", "netns", "exec", self.names[switch.name], f"{DAEMONS}/{daemon}"),
                        *("-F", "datacenter", "-i", f"{folder}/{daemon}.pid", "-z", f"{folder}/zserv"),
                        *("--vty_socket", str(folder), *own),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            self.daemons.append(started)
            self._listens(folder / f"{daemon}.vty", started)

    def _listens(self, socket: Path, daemon: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + 10
        while not socket.exists():
            assert daemon.poll() is None, socket.with_suffix(".log").read_text()
            assert time.monotonic() < until, f"{socket} does not appear"
            time.sleep(0.02)
