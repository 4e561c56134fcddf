"""BMCs of a lab: Redfish by a real client, real fetches, and power that is the machine's own."""

from __future__ import annotations

import http.server
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sushy
import yaml
from sushy import auth, exceptions
from tests.lab.command import command
from tests.lab.conftest import cluster_file
from tests.lab.test_lab_life import ssh

from rackwright import hostkeys, secrets
from rackwright.lab import cgroups, daemons, machine
from rackwright.lab.faults.plant import clear, plant
from rackwright.lab.inside import must, run_in
from rackwright.lab.world import World, world
from rackwright.models.design import Server
from rackwright.resources import seed


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, lab_state: Path) -> Iterator[World]:
    path = cluster_file(tmp_path_factory.mktemp("bmc"), "tbmc", "10.127.0.0/16")
    done = command("lab", "up", path)
    assert done.returncode == 0, done.stderr
    yield world(str(path))
    command("lab", "down", "tbmc")


def server(lab: World, role: str) -> Server:
    return next(server for server in lab.design.servers if server.role == role)


def password(lab: World) -> str:
    return secrets.resolve(lab.spec.access.bmc_password, lab.cluster_file, lab.state).reveal()


def login(lab: World, one: Server, word: str | None = None, seconds: float = 10) -> Any:
    client = sushy.Sushy(
        f"https://{one.bmc.address.ip}",
        auth=auth.BasicAuth("admin", word or password(lab)),
        verify=str(lab.state / "secrets/bmc-ca"),
        read_timeout=seconds,
        server_side_retries=0,
    )
    systems = client.get_system_collection().get_members()
    assert len(systems) == 1
    return systems[0]


def until(check: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.2)


def power(system: Any) -> str:
    system.refresh(force=True)
    return str(system.power_state.value)


@contextmanager
def served(address: str, documents: dict[str, bytes]) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = documents.get(self.path)
            self.send_response(200 if data is not None else 404)
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, format: str, *args: object) -> None: ...

    with http.server.ThreadingHTTPServer((address, 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://{address}:{listening.server_address[1]}"
        listening.shutdown()


def disc(lab: World, one: Server) -> bytes:
    """A generic NoCloud seed, as any tool would write it."""
    key = hostkeys.ensure(lab.state, one.name)
    nic = one.management
    authorized = secrets.authorized_key(lab.spec.access.ssh_key, lab.cluster_file, lab.state)
    user = {
        "hostname": one.name,
        "disable_root": False,
        "ssh_genkeytypes": [],
        "ssh_keys": {
            "ed25519_private": key.read_text(),
            "ed25519_public": key.with_name(f"{key.name}.pub").read_text(),
        },
        "users": [{"name": "root", "ssh_authorized_keys": [authorized]}],
        "runcmd": [["sh", "-c", "echo seeded > /root/seeded"]],
    }
    network = {"version": 2, "ethernets": {nic.name: {"addresses": [str(nic.address)], "dhcp4": False}}}
    documents = {
        "meta-data": yaml.safe_dump({"instance-id": f"i-{one.name}", "local-hostname": one.name}),
        "user-data": "#cloud-config\n" + yaml.safe_dump(user, width=1000),
        "network-config": yaml.safe_dump(network),
    }
    return seed.disc(documents)


def test_identity_and_password(lab: World) -> None:
    one = server(lab, "gpu")
    system = login(lab, one)
    assert system.name == one.name
    assert system.serial_number
    macs = {port.mac_address for port in system.ethernet_interfaces.get_members()}
    assert {lab.wiring.mac(one.name, nic.name) for nic in one.nics} <= macs
    with pytest.raises(exceptions.AccessError):
        login(lab, one, "wrong")


def test_powered_on_blank_it_stays_in_its_firmware(lab: World) -> None:
    one = server(lab, "control-plane")
    system = login(lab, one)
    assert power(system) == "Off"
    system.reset_system(sushy.RESET_ON)
    until(lambda: power(system) == "On")
    assert machine.leader(lab.place, one.name) is None
    assert "No bootable device" in (lab.place.machine(one.name) / "console.log").read_text()
    system.reset_system(sushy.RESET_FORCE_OFF)
    until(lambda: power(system) == "Off")


def test_first_boot_by_http_and_seed_then_from_disk(lab: World) -> None:
    one = server(lab, "storage")
    system = login(lab, one)
    with served(lab.design.controller.ip, {"/seed.iso": disc(lab, one)}) as url:
        image = f"http://{lab.design.depot.ip}:8480/images/debian13-server.json"
        system.set_system_boot_options(
            target=sushy.BOOT_SOURCE_TARGET_UEFI_HTTP,
            enabled=sushy.BOOT_SOURCE_ENABLED_ONCE,
            http_boot_uri=image,
        )
        media = system.virtual_media.get_members()[0]
        with pytest.raises(exceptions.BadRequestError):
            media.insert_media(f"{url}/missing.iso")
        media.insert_media(f"{url}/seed.iso")
    system.reset_system(sushy.RESET_ON)
    address = one.management.address.ip
    until(lambda: machine.leader(lab.place, one.name) is not None)
    until(
        lambda: (
            run_in(lab.place, one.name, ["cloud-init", "status", "--wait"]).stdout.strip().endswith("done")
        ),
        60,
    )
    assert ssh(lab, address, "hostname") == one.name
    assert ssh(lab, address, "cat", "/root/seeded") == "seeded"
    # What a GlusterFS brick and a FUSE mount need.
    must(lab.place, one.name, ["setfattr", "-n", "trusted.glusterfs.volume-id", "-v", "0x01", "/srv/gluster"])
    assert must(lab.place, one.name, ["stat", "-c", "%t:%T", "/dev/fuse"]).strip() == "a:e5"
    must(lab.place, one.name, ["sysctl", "-w", "net.ipv4.conf.all.arp_ignore=1"])

    # The override held for one boot; the disc is out; the disk keeps what was written.
    media.refresh(force=True)
    media.eject_media()
    must(lab.place, one.name, ["touch", "/root/kept"])
    system.reset_system(sushy.RESET_GRACEFUL_SHUTDOWN)
    until(lambda: power(system) == "Off", 45)
    system.reset_system(sushy.RESET_ON)
    until(lambda: machine.leader(lab.place, one.name) is not None)
    until(
        lambda: run_in(lab.place, one.name, ["systemctl", "is-system-running"]).stdout.strip() == "running",
        45,
    )
    assert ssh(lab, address, "ls", "/root/kept") == "/root/kept"
    # A reboot from inside comes back by itself.
    first = machine.leader(lab.place, one.name)
    run_in(lab.place, one.name, ["systemctl", "reboot"])
    until(lambda: machine.leader(lab.place, one.name) not in (None, first), 45)


def test_an_image_that_the_depot_does_not_have(lab: World) -> None:
    one = server(lab, "control-plane")
    system = login(lab, one)
    system.set_system_boot_options(
        target=sushy.BOOT_SOURCE_TARGET_UEFI_HTTP,
        enabled=sushy.BOOT_SOURCE_ENABLED_ONCE,
        http_boot_uri=f"http://{lab.design.depot.ip}:8480/images/other.json",
    )
    system.reset_system(sushy.RESET_ON)
    until(lambda: power(system) == "On")
    until(lambda: "404" in (lab.place.machine(one.name) / "console.log").read_text())
    system.reset_system(sushy.RESET_FORCE_OFF)
    until(lambda: power(system) == "Off")


def test_emulator_dies_and_machines_live(lab: World) -> None:
    one = server(lab, "gpu")
    system = login(lab, one)
    system.reset_system(sushy.RESET_ON)
    until(lambda: power(system) == "On")
    for pid in cgroups.pids(daemons.group(lab.place, "bmc")):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not daemons.running(lab.place, "bmc"))
    assert machine.on(lab.place, one.name)
    assert command("lab", "up", lab.cluster_file).returncode == 0
    assert power(login(lab, one)) == "On"


def test_faults_of_bmcs_and_power(lab: World) -> None:
    one, other = server(lab, "gpu"), server(lab, "control-plane")
    plant(lab, "bmc-password", [one.name])
    with pytest.raises(exceptions.AccessError):
        login(lab, one)
    assert power(login(lab, other))
    clear(lab, "bmc-password")
    assert power(login(lab, one))

    plant(lab, "bmc-failing", [one.name])
    with pytest.raises(exceptions.ServerSideError):
        login(lab, one)
    clear(lab, None)

    plant(lab, "bmc-slow", [one.name])
    with pytest.raises(exceptions.ConnectionError):
        login(lab, one, seconds=2)
    clear(lab, None)

    machine.power_off(lab.place, one.name)
    plant(lab, "server-dead", [one.name])
    system = login(lab, one)
    assert power(system) == "Off"
    with pytest.raises(exceptions.ServerSideError, match="cannot be powered on"):
        system.reset_system(sushy.RESET_ON)
    clear(lab, "server-dead")
    assert power(system) == "Off"  # as it was before the fault
