"""Who has the API's virtual address: keepalived with the role's own template, in three network namespaces.

No machine and no API server: whether one is ready is a file. Skipped, by name, without keepalived.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
import yaml

from rackwright.inventory.roles.api_address import HIGHEST, router
from rackwright.paths import home

ROLE = home() / "roles/api_address"
KEEPALIVED = shutil.which("keepalived", path="/usr/sbin:/sbin:/usr/local/sbin") or shutil.which("keepalived")
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(KEEPALIVED is None, reason="keepalived is not installed"),
]
NUMBERS = (1, 2, 3)
ADDRESS, BRIDGE = "10.9.0.3", "rwvrrp"
MOVED_S = 15
"""VRRP itself needs five at most."""


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=20, check=True)
    return done.stdout


class Servers:
    """Three namespaces on a bridge, a daemon in each."""

    def __init__(self, work: Path) -> None:
        self.work, self.children = work, dict[int, "subprocess.Popen[bytes]"]()
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("link", "set", BRIDGE, "up")
        for number in NUMBERS:
            name = f"{BRIDGE}{number}"
            ip("netns", "add", name)
            ip("link", "add", f"{BRIDGE}-{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"{BRIDGE}-{number}", "master", BRIDGE, "up")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "addr", "add", f"10.9.0.1{number}/24", "dev", "eth0")
            self._start(number)

    def _start(self, number: int) -> None:
        # keepalived runs no script whose folders anybody but root may write to.
        folder = Path(f"/usr/lib/{BRIDGE}{number}")
        folder.mkdir(exist_ok=True)
        (folder / "ready").write_text(f"#!/bin/sh\ntest -e {folder}/is-ready\n")
        (folder / "ready").chmod(0o755)
        (folder / "password.conf").write_text('auth_pass "abcdefgh"\n')
        given = yaml.safe_load((ROLE / "vars/main.yml").read_text())
        text = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined)  # noqa: S701
        made = text.from_string((ROLE / "templates/keepalived.conf.j2").read_text()).render(
            {
                **given,
                "api_address_node": f"control-0{number}",
                "api_address_program": f"{folder}/ready",
                "api_address_password_file": f"{folder}/password.conf",
                "api_address_device": "eth0",
                "api_address_router": router("test"),
                "api_address_priority": HIGHEST - number + 1,
                "api_address_own": f"10.9.0.1{number}",
                "api_address_peers": [f"10.9.0.1{each}" for each in NUMBERS if each != number],
                "api_address_address": ADDRESS,
            }
        )
        conf = self.work / f"{number}.conf"
        conf.write_text(made)
        pids = [f"--pid={self.work}/{number}.pid", f"--vrrp_pid={self.work}/{number}.vrrp"]
        argv = [
            "ip",
            "netns",
            "exec",
            f"{BRIDGE}{number}",
            str(KEEPALIVED),
            "-n",
            "-l",
            "-f",
            str(conf),
            *pids,
        ]
        log = (self.work / f"{number}.log").open("wb")
        self.children[number] = subprocess.Popen(argv, stdout=log, stderr=log)

    def ready(self, *numbers: int) -> None:
        for number in NUMBERS:
            mark = Path(f"/usr/lib/{BRIDGE}{number}/is-ready")
            mark.touch() if number in numbers else mark.unlink(missing_ok=True)

    def holders(self) -> list[int]:
        shown = {
            n: json.loads(ip("-n", f"{BRIDGE}{n}", "-j", "-4", "addr", "show", "dev", "eth0"))
            for n in NUMBERS
        }
        return [
            number
            for number, links in shown.items()
            if any(each["local"] == ADDRESS for link in links for each in link.get("addr_info", []))
        ]

    def close(self) -> None:
        for child in self.children.values():
            child.terminate()
            child.wait(20)
        for number in NUMBERS:
            subprocess.run(["ip", "netns", "del", f"{BRIDGE}{number}"], timeout=20, check=False)
            shutil.rmtree(f"/usr/lib/{BRIDGE}{number}", ignore_errors=True)
        subprocess.run(["ip", "link", "del", BRIDGE], timeout=20, check=False)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    made = Servers(tmp_path)
    try:
        yield made
    finally:
        made.close()


def test_the_address_is_where_an_api_server_is_ready(servers: Servers) -> None:
    def has(number: int, why: str) -> None:
        begun = time.monotonic()
        while servers.holders() != [number]:
            assert time.monotonic() - begun < MOVED_S, f"{why}: found {servers.holders()}, expected {number}"
            time.sleep(0.1)
        print(f"{why}: {number} has it after {time.monotonic() - begun:.1f} s")

    has(1, "nobody is ready, as before the cluster has begun")
    servers.ready(2)
    has(2, "one is ready")
    servers.ready(1, 2, 3)
    has(1, "all are ready")
    servers.ready(2, 3)
    has(2, "the API server of the first ended")
    servers.ready(1, 2, 3)
    has(1, "it is back")
    servers.children[1].terminate()
    has(2, "the daemon of the first was stopped")
    ip("link", "set", f"{BRIDGE}-2", "down")
    begun = time.monotonic()
    while 3 not in servers.holders():
        assert time.monotonic() - begun < MOVED_S
        time.sleep(0.1)
    print(f"the second was cut off: 3 has it after {time.monotonic() - begun:.1f} s")


def test_a_stranger_with_a_higher_priority_takes_nothing(servers: Servers) -> None:
    servers.ready(1, 2, 3)
    while servers.holders() != [1]:
        time.sleep(0.1)
    servers.children[3].terminate()
    servers.children[3].wait(20)
    ip("-n", f"{BRIDGE}3", "addr", "add", "10.9.0.99/24", "dev", "eth0")
    conf = servers.work / "3.conf"
    text = conf.read_text().replace(f"priority {HIGHEST - 2}", "priority 254")
    conf.write_text(text.replace("unicast_src_ip 10.9.0.13", "unicast_src_ip 10.9.0.99"))
    log = (servers.work / "stranger.log").open("wb")
    argv = ["ip", "netns", "exec", f"{BRIDGE}3", str(KEEPALIVED), "-n", "-l", "-f", str(conf)]
    argv += [f"--pid={servers.work}/4.pid", f"--vrrp_pid={servers.work}/4.vrrp"]
    servers.children[3] = subprocess.Popen(argv, stdout=log, stderr=log)
    time.sleep(8)
    assert 1 in servers.holders(), "the first goes on: nobody whom it knows told it to stop"
