"""The collector against real SSH servers: one answers, the others are away in every way there is."""

from __future__ import annotations

import asyncio
import json
import sys
import time

import asyncssh
import pytest

from rackwright import hostkeys, secrets
from rackwright.ssh import Door
from rackwright.verify.collector import Visit, collect
from rackwright.verify.questions import Question


async def execute(process):
    """Run what is asked for, here, with its standard input."""
    assert process.command == "python3 -"
    text = await process.stdin.read()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate(text.encode())
    process.stdout.write(out.decode())
    process.exit(child.returncode)


async def garbage(process):
    await process.stdin.read()
    process.stdout.write("Welcome to this machine!\n")
    process.exit(0)


async def hangs(process):
    await asyncio.sleep(3600)


@pytest.fixture
def keys(tmp_path):
    cluster = tmp_path / "cluster.yaml"
    line = secrets.authorized_key("state:ssh-key", cluster, tmp_path)
    return tmp_path, asyncssh.import_authorized_keys(line)


async def serve(state, authorized, name, work):
    hostkeys.pin(state, name, [])
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[str(hostkeys.ensure(state, name))],
        authorized_client_keys=authorized,
        process_factory=work,
    )
    port = server.sockets[0].getsockname()[1]
    known = hostkeys.known_hosts(state)
    return server, Door(name, "127.0.0.1", "root", state / "secrets" / "ssh-key", known, port)


def test_one_that_is_away_costs_its_deadline_and_the_others_go_on(keys, monkeypatch):
    monkeypatch.setattr("rackwright.verify.collector.CONNECT_SECONDS", 2.0)
    monkeypatch.setattr("rackwright.verify.collector.ROUND_TRIP_SLACK", 1.0)
    state, authorized = keys
    questions = {"say": Question("echo here")}
    seen = []

    async def work():
        servers, doors = [], {}
        for name, act in (("good", execute), ("garbled", garbage), ("stuck", hangs)):
            server, doors[name] = await serve(state, authorized, name, act)
            servers.append(server)
        silent = await asyncio.start_server(lambda r, w: asyncio.sleep(3600), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        doors["mute"] = Door("good", "127.0.0.1", "root", doors["good"].key, doors["good"].known_hosts, port)
        doors["gone"] = Door("good", "127.0.0.1", "root", doors["good"].key, doors["good"].known_hosts, 9)
        # Another machine answers at this one's address: its key is pinned to the other name.
        impostor = Door(
            "stuck", "127.0.0.1", "root", doors["good"].key, doors["good"].known_hosts, doors["good"].port
        )
        doors["impostor"] = impostor
        visits = {name: Visit(door, questions) for name, door in doors.items()}
        found = await collect(
            visits, deadline=2.0, progress=lambda name, answered: seen.append((name, answered))
        )
        for server in servers:
            server.close()
        silent.close()
        return found

    begun = time.monotonic()
    found = asyncio.run(work())
    assert time.monotonic() - begun < 12
    assert found["good"].record["answers"]["say"]["out"] == "here\n"
    assert abs(found["good"].clock_skew) < 2
    assert "not JSON" in found["garbled"].wrong
    assert "no answer" in found["stuck"].wrong
    assert "no answer" in found["mute"].wrong
    assert found["gone"].record is None
    assert "another host key" in found["impostor"].wrong
    assert dict(seen) == {name: name == "good" for name in found}


def test_a_clock_that_is_off_is_told_from_a_slow_line(keys):
    state, authorized = keys

    async def late(process):
        text = await process.stdin.read()
        answer = {"answers": {}, "probes": {}, "clock": time.time() + 30, "seconds": 0.0}
        assert "probe_all" in text
        process.stdout.write(json.dumps(answer))
        process.exit(0)

    async def work():
        server, door = await serve(state, authorized, "late", late)
        found = await collect({"late": Visit(door, {})})
        server.close()
        return found["late"]

    found = asyncio.run(work())
    assert found.clock_skew == pytest.approx(30, abs=1)
    assert found.clock_doubt < 1
