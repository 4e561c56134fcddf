"""A host that speaks real SSH and SFTP, with a dictionary for a world. Its faults can be switched on."""

from __future__ import annotations

import asyncio
import fnmatch
import json
import shlex
from pathlib import Path

import asyncssh

from rackwright.resources import networkd


class FakeHost:
    """Listens on 127.0.0.1. ``commands`` are patterns of command lines with what they do."""

    def __init__(self, root: Path, host_key: Path, authorized: str) -> None:
        self.root = root
        self.host_key = host_key
        self.authorized = authorized
        self.log: list[str] = []
        self.commands: dict = {"hostname": lambda argv: (0, f"{self.name}\n", "")}
        self.name = host_key.name
        self.hang: set[str] = set()
        self.port = 0

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *failure):
        await self.stop()

    async def start(self, port: int = 0) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in ("run", "etc"):
            (self.root / folder).mkdir(exist_ok=True)
        self.server = await asyncssh.listen(
            "127.0.0.1",
            port,
            server_host_keys=[str(self.host_key)],
            authorized_client_keys=asyncssh.import_authorized_keys(self.authorized),
            process_factory=self._process,
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(self.root).encode()),
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.server.close()
        await self.server.wait_closed()

    def file(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    async def _process(self, process) -> None:
        line = process.command
        self.log.append(line)
        if any(fnmatch.fnmatch(line, pattern) for pattern in self.hang):
            await asyncio.sleep(3600)
        for pattern, act in self.commands.items():
            if fnmatch.fnmatch(line, pattern):
                code, out, err = act(shlex.split(line))
                process.stdout.write(out)
                process.stderr.write(err)
                process.exit(code)
                return
        process.stderr.write(f"fake: no such command: {line}\n")
        process.exit(127)


class FakeSwitch(FakeHost):
    """FRR that runs lines, networkd that obeys .network files, and a reload that can refuse."""

    def __init__(self, root: Path, host_key: Path, authorized: str, ports: list[str]) -> None:
        super().__init__(root, host_key, authorized)
        self.running: list[str] = []
        self.mtu = dict.fromkeys(ports, 1500)
        self.rules: list[networkd.Rule] = []
        self.refuse_reload = False
        self.starting = 0
        """How often networkd is asked before it has started; below zero: it never does."""
        self.networkd = "activating"
        """What systemd calls it until then."""
        ok = lambda argv: (0, "", "")  # noqa: E731
        self.commands |= {
            "ip -j link show": lambda a: (
                0,
                json.dumps([{"ifname": n, "mtu": m} for n, m in self.mtu.items()]),
                "",
            ),
            "ip -j -4 rule show": lambda a: (0, json.dumps([self._row(r) for r in self.rules]), ""),
            "ip link set dev *": self._set_mtu,
            "ip -4 rule del *": self._del_rule,
            "test -e *": lambda a: (0 if self.file(a[-1]).exists() else 1, "", ""),
            "grep -sH *": lambda a: (0, "".join(f"{p}:1\n" for p in a[3:]), ""),
            "vtysh -C -f *": self._check,
            "vtysh -c *": lambda a: (
                0,
                json.dumps({"ipv4Unicast": {"peers": {"swp9": {"state": "Established"}}}}),
                "",
            ),
            "lldpcli *": lambda a: (0, '{"lldp": [{"interface": [{}, {}]}]}', ""),
            "python3 /usr/lib/frr/frr-reload.py --test *": self._test,
            "python3 /usr/lib/frr/frr-reload.py --reload *": self._reload,
            "networkctl *": self._network,
            "chown *": ok,
            "systemctl restart *": ok,
            "systemctl show -p ActiveState *": lambda a: (
                0,
                "active\n" if self.starting == 0 else f"{self.networkd}\n",
                "",
            ),
            "/usr/lib/systemd/systemd-sysctl *": ok,
        }

    @staticmethod
    def _row(rule):
        row = {"priority": rule.priority, "src": "all", "iif": rule.iif}
        if rule.to:
            row["dst"], _, length = rule.to.partition("/")
            row["dstlen"] = int(length or 32)
        return row | ({"action": rule.action} if rule.action == "prohibit" else {"table": rule.action})

    def _lines(self, path):
        return [line for line in self.file(path).read_text().splitlines() if line.strip() not in ("", "!")]

    def _check(self, argv):
        bad = "BROKEN" in self.file(argv[-1]).read_text()
        return (2, "", "line 3: % Unknown command: BROKEN") if bad else (0, "", "")

    def _test(self, argv):
        declared = self._lines(argv[-1])
        extra = [line for line in self.running if line not in declared]
        lack = [line for line in declared if line not in self.running]
        out = ("\nLines To Delete\n===============\n" + "\n".join(extra) + "\n") if extra else ""
        out += ("\nLines To Add\n============\n" + "\n".join(lack) + "\n") if lack else ""
        return 0, out, ""

    def _reload(self, argv):
        if self.refuse_reload:
            self.refuse_reload = False
            return 1, "", "% Configuration failed.\n"
        self.running = self._lines(argv[-1])
        return 0, "", ""

    def _network(self, argv):
        if self.starting:
            self.starting -= 1
            return 1, "", "Failed to reload network settings: Connection timed out\n"
        files = {str(p): p.read_text() for p in self.root.glob("etc/systemd/network/*.network")}
        self.rules = sorted(networkd.declared_rules(files))
        for text in files.values():
            keys = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
            if "MTUBytes" in keys:
                self.mtu[keys["Name"]] = int(keys["MTUBytes"])
        return 0, "", ""

    def _set_mtu(self, argv):
        self.mtu[argv[4]] = int(argv[-1])
        return 0, "", ""

    def _del_rule(self, argv):
        self.rules = [r for r in self.rules if r.priority != int(argv[argv.index("priority") + 1])]
        return 0, "", ""
