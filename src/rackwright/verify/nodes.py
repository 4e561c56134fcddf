"""What the node tests stand on: who a host is, its facts (live or recorded), and the verdicts that a run
gathers."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

from testinfra.host import Host

from rackwright import hostkeys, paths, pipeline, secrets
from rackwright.locks import LockRow, load_lock
from rackwright.verify import left_out, site_kubelet
from rackwright.verify.checks.every import Subject
from rackwright.verify.expected import Expected, parse
from rackwright.verify.facts import Answer, Facts, NotMeasured
from rackwright.verify.model import Verdict
from rackwright.verify.probes import Prober
from rackwright.verify.questions import questions

LIVE_PROBE_SECONDS = 30


def expectations(planned: pipeline.Planned) -> dict[str, Expected]:
    """What is expected of every device, by name."""
    site = pipeline.files(planned).site
    found = (json.loads(text) for path, text in site.items() if path.startswith("expectations/"))
    wanted = {want.device: want for want in (parse(data) for data in found if "device" in data)}
    return wanted | _platform(planned, wanted)


def _platform(planned: pipeline.Planned, wanted: Mapping[str, Expected]) -> dict[str, Expected]:
    """Nodes with the site's own settings of the kubelet; no nodes where the platform was left out."""
    nodes = {name: want for name, want in wanted.items() if want.node is not None}
    if not nodes:
        return {}
    if left_out.reason(planned.design.name) is not None:
        return {name: replace(want, node=None) for name, want in nodes.items()}
    made = {}
    for server in planned.design.servers:
        node = nodes[server.name].node if server.name in nodes else None
        if node is not None:
            own = site_kubelet.settings(planned.path, server, planned.tables)
            kubelet = site_kubelet.on_top(node.kubelet, own)
            made[server.name] = replace(nodes[server.name], node=replace(node, kubelet=kubelet))
    return made


@dataclass(slots=True)
class Cluster:
    """One cluster, as its node tests see it; verdicts gather here."""

    planned: pipeline.Planned
    expected: Mapping[str, Expected]
    lock: Mapping[str, LockRow]
    run: str | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    _prober: Prober | None = None

    def subject(self, host: Host) -> Subject:
        """The device behind a testinfra host, by its design name or management address."""
        name = host.backend.get_hostname()
        want = self.expected.get(name)
        if want is None:
            want = next((w for w in self.expected.values() if w.management.split("/")[0] == name), None)
        if want is None:
            raise LookupError(
                f"{name} is neither a device nor a management address of {self.planned.design.name}"
            )
        if self._prober is None:
            self._prober = Prober(self.planned.design)
        server = next((s for s in self.planned.design.servers if s.name == want.device), None)
        probes = self._prober.probes(server) if server else ()
        commands = {n: q.command for n, q in questions(want, self.run or "live").items()}
        commands["probes"] = probe_command([probe.wire() for probe in probes])

        def ask(question: str) -> Answer:
            if question not in commands:
                raise NotMeasured("not asked of this device")
            result = host.run(commands[question])
            return Answer(result.rc, result.stdout, result.stderr)

        return Subject(want, Facts(ask), self.lock, probes, self.run)


def open_cluster(name: str, run: str | None = None) -> Cluster:
    """Plan a cluster and read what is expected."""
    planned = pipeline.plan(name)
    return Cluster(planned, expectations(planned), load_lock(planned.spec.lock).rows, run)


def probe_command(wires: list[list[object]]) -> str:
    """The prober as one shell command, for a node that is asked live."""
    text = (resources.files("rackwright.verify") / "prober.py").read_text(encoding="utf-8")
    tail = f"import json\nprint(json.dumps(probe_all(json.loads({json.dumps(json.dumps(wires))}), "
    tail += f"time.monotonic() + {LIVE_PROBE_SECONDS})))\n"
    packed = base64.b64encode((text + tail).encode()).decode()
    return f"python3 -c {shlex.quote(f'import base64; exec(base64.b64decode({packed!r}))')}"


def record_file(
    want: Expected, answers: Mapping[str, Any], probes: list[list[object]], run: str, wrong: str | None
) -> dict[str, Any]:
    """A record by command, as :class:`rackwright.verify.backend.RecordBackend` reads it."""
    commands = {n: q.command for n, q in questions(want, run).items()} | {"probes": probe_command(probes)}
    return {
        "device": want.device,
        "wrong": wrong,
        "commands": {commands[name]: answer for name, answer in answers.items() if name in commands},
    }


def ssh_config(cluster: Cluster, folder: Path) -> Path:
    """An OpenSSH configuration for live node tests: pinned keys, our user and key, a time limit."""
    state = paths.state_dir(cluster.planned.design.name)
    access = cluster.planned.spec.access
    key = secrets.path_of(access.ssh_key, cluster.planned.path, state)
    lines = [
        "Host *",
        f"  User {access.ssh_user}",
        *([f'  IdentityFile "{key}"', "  IdentitiesOnly yes"] if key else []),
        f'  UserKnownHostsFile "{hostkeys.known_hosts(state)}"',
        "  StrictHostKeyChecking yes",
        "  BatchMode yes",
        "  ConnectTimeout 8",
        "  ServerAliveInterval 5",
        "  ServerAliveCountMax 3",
    ]
    for want in cluster.expected.values():
        address = want.management.split("/")[0]
        lines += [f"Host {want.device} {address}", f"  HostName {address}", f"  HostKeyAlias {want.device}"]
    path = folder / "ssh_config"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
