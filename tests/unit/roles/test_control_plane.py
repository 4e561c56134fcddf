"""Several control-plane servers: who answers, whose member of etcd goes, and who has the address."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from ansible_collections.rackwright.node.plugins.module_utils import etcd
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused
from ansible_collections.rackwright.node.plugins.modules import (
    address_held,
    kubernetes_servers,
    kubernetes_ticket,
)

from rackwright.paths import home


def member(number: int, *, learner: bool = False, started: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {"ID": number, "peerURLs": [f"https://10.0.0.{number}:2380"]}
    if started:
        found |= {"name": f"control-0{number}", "clientURLs": [f"https://10.0.0.{number}:2379"]}
    return found | ({"isLearner": True} if learner else {})


class Etcd:
    """etcdctl, and kubectl beside it."""

    def __init__(self, members: list[dict[str, Any]], *sick: int) -> None:
        self.members, self.sick, self.check_mode = members, sick, False
        self.ran: list[str] = []
        self.node = "Error from server (NotFound): nodes not found"

    def run_command(self, command: list[str], data: str | None = None, environ_update: Any = None) -> Any:
        words = " ".join(word for word in command if not word.startswith("--"))
        self.ran.append(words)
        if "member list" in words:
            return 0, json.dumps({"members": self.members}), ""
        if "endpoint health" in words:
            assert not any("--endpoints" in word for word in command), "etcdctl refuses flag and variable"
            asked = environ_update["ETCDCTL_ENDPOINTS"].split(",")
            bad = {f"https://10.0.0.{number}:2379" for number in self.sick}
            rows = [{"endpoint": url, "health": url not in bad} for url in asked]
            return int(bool(bad & set(asked))), json.dumps(rows), "unhealthy cluster"
        if "get node" in words:
            return (1, "", self.node) if self.node.startswith("Error") else (0, self.node, "")
        return 0, "", ""

    @property
    def removed(self) -> list[str]:
        return [words.rpartition(" ")[2] for words in self.ran if "member remove" in words]


@pytest.fixture(autouse=True)
def way_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "etcdctl.env"
    file.write_text("# comment\nETCDCTL_ENDPOINTS=https://127.0.0.1:2379\nETCDCTL_KEY=/k\n")
    monkeypatch.setattr(etcd, "WAY_IN", str(file))


def take(module: Etcd, number: int) -> list[str]:
    return etcd.remove(module, f"control-0{number}", f"https://10.0.0.{number}:2380")  # type: ignore[arg-type]


def test_a_member_goes_by_its_number_in_hexadecimal_and_once() -> None:
    module = Etcd([member(1), member(2), {**member(3), "ID": 255}])
    assert take(module, 3) == ["remove etcd member control-03"]
    assert module.removed == ["ff"]
    module.members = module.members[:2]
    assert take(module, 3) == []


def test_one_that_never_started_has_no_name_and_goes_by_its_url() -> None:
    module = Etcd([member(1), member(2), member(3, started=False)])
    assert take(module, 3)
    assert module.removed == ["3"]


def test_a_dead_one_goes_and_a_living_one_stays_where_its_majority_is_needed() -> None:
    three = [member(1), member(2), member(3)]
    assert take(Etcd(three, 3), 3)  # the dead one itself
    with pytest.raises(Refused, match="found 1 of 2 other members healthy, expected at least 2"):
        take(Etcd(three, 3), 2)
    with pytest.raises(Refused, match="found 0 of 0 other members"):
        take(Etcd([member(1)]), 1)
    with pytest.raises(Refused, match="found 0 of 0"):
        take(Etcd([member(1), member(2, learner=True)]), 1)  # a learner has no vote


def test_check_mode_removes_nothing() -> None:
    module = Etcd([member(1), member(2), member(3)])
    module.check_mode = True
    assert take(module, 3)
    assert module.removed == []


def test_a_server_made_anew_loses_its_old_member_before_its_old_node() -> None:
    module = Etcd([member(1), member(2), member(3)], 3)
    module.node = json.dumps({"metadata": {"name": "control-03"}})
    kubernetes_ticket.forget(module, "control-03", "https://10.0.0.3:2380", 5)  # type: ignore[arg-type]
    assert module.removed == ["3"]
    assert "delete node control-03" in module.ran[-1]
    other = Etcd([member(1), member(2), member(3)])
    kubernetes_ticket.forget(other, "control-03", "", 5)  # type: ignore[arg-type]
    assert other.removed == [], "it holds data: a killed join goes on with its member"


def test_a_ticket_waits_for_an_api_that_is_about_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_ticket, "PAUSE_S", 0.01)
    module = Etcd([])
    answers = iter(["Error: connection refused"] * 3 + [json.dumps({"metadata": {}})])
    monkeypatch.setattr(kubernetes_ticket, "objects", lambda *_: _next(answers))
    kubernetes_ticket.forget(module, "gpu-01", "", 30)  # type: ignore[arg-type]
    assert "delete node gpu-01" in module.ran[-1]
    monkeypatch.setattr(kubernetes_ticket, "objects", lambda *_: _next(iter(["Error: refused"])))
    with pytest.raises(Refused, match="refused"):
        kubernetes_ticket.forget(module, "gpu-01", "", 0)  # type: ignore[arg-type]


def _next(answers: Iterator[str]) -> Any:
    text = next(answers)
    if text.startswith("Error"):
        raise Refused(text)
    return json.loads(text)


# -- who answers --------------------------------------------------------------------------------------


@pytest.fixture
def api(tmp_path: Path) -> Iterator[tuple[int, list[int]]]:
    """An API server whose certificate nobody knows; its answers to /livez, the last of which stays."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
    subprocess.run([*made, "-subj", "/CN=x", "-days", "1"], check=True, capture_output=True, timeout=60)
    codes = [200]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(codes[0] if self.path == "/livez" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, codes
    server.shutdown()
    server.server_close()


def test_only_an_api_server_that_says_so_is_alive(api: tuple[int, list[int]]) -> None:
    port, codes = api
    assert kubernetes_servers.alive("127.0.0.1", port, 5)
    codes[0] = 500
    assert not kubernetes_servers.alive("127.0.0.1", port, 5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not kubernetes_servers.alive("127.0.0.1", silent.getsockname()[1], 1)
    assert not kubernetes_servers.alive("127.0.0.1", port_nobody_has(), 1)


def port_nobody_has() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


ORDER = (
    "kubernetes_answers", "kubernetes_has_joined", "kubernetes_others", "kubernetes_candidates",
    "kubernetes_source", "kubernetes_lost",
)  # fmt: skip


def source(
    node: str, answers: list[str], *, joined: bool, known: bool = True, asked: bool = True
) -> tuple[str, bool]:
    """Whom the role's variables name, and whether they call the cluster lost."""
    texts = yaml.safe_load((home() / "roles/kubernetes/vars/main.yml").read_text())
    values: dict[str, Any] = {
        "kubernetes_node": node,
        "kubernetes_first": "c1",
        "kubernetes_servers": {"c1": "1", "c2": "2", "c3": "3"},
        "kubernetes_alive": {"answers": answers, "joined": joined} if asked else {"skipped": True},
        "kubernetes_known": {"there": known},
    }
    world = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - no page is made
    world.filters["difference"] = lambda have, less: [each for each in have if each not in less]
    world.filters["bool"] = bool
    for name in ORDER:
        inside = re.fullmatch(r"\s*{{(.*)}}\s*", texts[name], re.DOTALL)
        assert inside, name
        values[name] = world.compile_expression(inside.group(1).strip().replace("\n", " "))(**values)
    return values["kubernetes_source"], bool(values["kubernetes_lost"])


@pytest.mark.parametrize(
    ("node", "answers", "joined", "known", "asked", "lost"),
    [
        ("c1", [], False, False, "c1", False),  # the very first run: it begins
        ("c2", [], False, False, "c1", False),
        ("c2", ["c1"], False, True, "c1", False),
        ("c1", ["c1", "c2", "c3"], True, True, "c1", False),  # as ever
        ("c1", ["c2", "c3"], False, True, "c2", False),  # lost and made anew: it joins the others
        ("c1", ["c1", "c2", "c3"], False, True, "c2", False),  # ... and was killed as it joined
        ("c1", ["c2", "c3"], True, True, "c2", False),  # its API is down for now
        ("c3", ["c2", "c3"], False, True, "c2", False),  # killed as it joined while the first is away
        ("g1", ["c2", "c3"], False, True, "c2", False),  # a worker joins while the first is away
        ("c1", [], False, True, "c1", True),  # made anew, and nobody to ask: two clusters, were it to begin
        ("c1", [], True, True, "c1", False),  # all were off and are starting
    ],
)
def test_who_is_asked(
    node: str, answers: list[str], joined: bool, known: bool, asked: str, lost: bool
) -> None:
    assert source(node, answers, joined=joined, known=known) == (asked, lost)


def test_a_skipped_task_finds_a_host_to_be_skipped_for() -> None:
    """Ansible works out delegate_to before it looks whether a task runs at all: where the role removes."""
    assert source("g1", [], joined=False, asked=False)[0] == "c1"


# -- the address --------------------------------------------------------------------------------------


def test_an_address_that_refuses_is_held_a_silent_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert address_held.ask("127.0.0.1", listening.getsockname()[1]) is True
    assert address_held.ask("127.0.0.1", port_nobody_has()) is False

    def nobody(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", nobody)
    assert address_held.ask("192.0.2.1", 6443) is None


def test_a_server_whose_api_is_ready_comes_before_any_whose_is_not() -> None:
    text = (home() / "roles/api_address/templates/keepalived.conf.j2").read_text()
    weight = yaml.safe_load((home() / "roles/api_address/vars/main.yml").read_text())["api_address_weight"]
    assert "weight -{{ api_address_weight }}" in text
    assert "init_fail" in text  # nobody comes first on a word that was not given
    most = 99  # servers
    assert 250 - weight < 250 - most + 1
    assert 250 - most + 1 - weight > 0


def reasons(**more: Any) -> list[str]:
    """What the preflight of role api_address finds."""
    [task] = yaml.safe_load((home() / "roles/api_address/tasks/preflight.yml").read_text())
    text = re.fullmatch(r"\s*{{(.*)}}\s*", task["vars"]["api_address_reasons"], re.DOTALL)
    assert text
    values: dict[str, Any] = {
        "api_address_address": "10.0.0.3",
        "api_address_own": "10.0.0.11",
        "api_address_peers": ["10.0.0.12", "10.0.0.13"],
        "api_address_router": 7,
        "api_address_priority": 250,
        "api_address_weight": 120,
    }
    world = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - no page is made
    found: list[str] = world.compile_expression(text.group(1).strip())(**{**values, **more})
    return found


def test_every_reason_not_to_hold_the_address_is_found_at_once() -> None:
    assert reasons() == []
    assert reasons(api_address_address="10.0.0.12", api_address_router=0, api_address_priority=120) == [
        "api_address_address: found 10.0.0.12, which one of the servers has of its own",
        "api_address_router: found 0, expected 1 to 255",
        "api_address_priority: found 120, expected 121 to 254",
    ]
    assert reasons(api_address_peers=["10.0.0.11"]) == [
        "api_address_peers: found 10.0.0.11 among them, which is this server"
    ]


# -- pods' network ------------------------------------------------------------------------------------


def test_what_cni_writes_it_takes_away() -> None:
    role = home() / "roles/cni"
    tasks = {
        name: yaml.safe_load((role / f"tasks/{name}.yml").read_text()) for name in ("configure", "remove")
    }

    def paths(step: str) -> set[str]:
        found = [task.get("rackwright.node.files", {}).get("files", []) for task in tasks[step]]
        return {each["path"] for files in found if isinstance(files, list) for each in files}

    assert paths("configure") == paths("remove") != set()
    names = yaml.safe_load((role / "vars/main.yml").read_text())["cni_plugins"]
    text = jinja2.Environment(trim_blocks=True)  # noqa: S701 - no page is made
    text.filters["to_json"] = json.dumps
    made = text.from_string((role / "templates/gone.j2").read_text())
    gone = json.loads(made.render(cni_plugins=names, cni_bin_dir="/opt/cni/bin"))
    assert [each["path"] for each in gone] == [f"/opt/cni/bin/{name}" for name in names]
    assert {each["state"] for each in gone} == {"absent"}


def test_a_joining_server_gets_keys_that_are_private_and_certificates_that_are_not() -> None:
    text = jinja2.Environment(trim_blocks=True)  # noqa: S701 - no page is made
    text.filters |= {"to_json": json.dumps, "dictsort": lambda data: sorted(data.items())}
    made = text.from_string((home() / "roles/kubernetes/templates/ticket.j2").read_text())
    ticket = {"kubeconfig": "k", "keys": {f"/pki/{name}": "x" for name in kubernetes_ticket.SHARED}}
    files = json.loads(made.render(kubernetes_ticket=ticket, kubernetes_discovery="/d"))
    modes = {each["path"]: each["mode"] for each in files}
    assert {path for path, mode in modes.items() if mode != "0600"} == {
        f"/pki/{name}" for name in kubernetes_ticket.SHARED if not name.endswith(".key")
    }  # what asks the API server is nobody in particular, and reads ca.crt
