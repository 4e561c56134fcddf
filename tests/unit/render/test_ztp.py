"""First boot: every script is sound shell, holds no secret, and brings up exactly what was rendered."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import shutil
import subprocess
import threading
from functools import partial
from pathlib import Path

import pytest
from tests.unit.design.clusters import made

from rackwright.render.build import render
from rackwright.render.site.ztp import files as site_files
from rackwright.render.wiring import Wiring
from rackwright.render.write import flat
from rackwright.render.ztp import boot_url, ztp_files

FILES = {
    "frr": {"/etc/frr/frr.conf": "end\n", "/etc/frr/daemons": "bgpd=yes\n"},
    "cumulus": {"/etc/nvue.d/startup.yaml": "- set: {}\n"},
    "sonic": {"/etc/sonic/config_db.json": "{}\n"},
    "eos": {"/mnt/flash/startup-config": "end\n"},
}


def first(nos, **changes):
    design = made(fabrics__backend__nos=nos, **changes)
    switch = next(switch for switch in design.switches if switch.name == "backend-su01-r0")
    return design, switch, ztp_files(switch, FILES[nos], design)


@pytest.mark.parametrize("nos", sorted(FILES))
@pytest.mark.parametrize("routed", [False, True])
def test_shellcheck_finds_nothing(nos, routed, tmp_path):
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("shellcheck is not here")
    design, _, made_ = first(nos, fabrics__oob__routed=routed)
    scripts = {path: text for path, text in made_.items() if path.endswith(".sh")}
    scripts |= site_files(design, Wiring.of(design))
    for number, text in enumerate(scripts.values()):
        (tmp_path / f"{number}.sh").write_text(text)
    run = subprocess.run(
        [program, *(str(path) for path in tmp_path.glob("*.sh"))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("nos", sorted(FILES))
def test_the_script_pins_the_list_and_the_list_pins_each_file(nos):
    _, switch, made_ = first(nos)
    sums = made_[f"ztp/{switch.name}/SHA256SUMS"]
    assert dict(reversed(line.split("  ")) for line in sums.splitlines()) == {
        path: hashlib.sha256(text.encode()).hexdigest() for path, text in FILES[nos].items()
    }
    script = made_[f"ztp/{switch.name}/first-boot.sh"]
    assert f"MANIFEST={hashlib.sha256(sums.encode()).hexdigest()}\n" in script
    assert script.startswith("#!/bin/bash\n")
    assert ("# CUMULUS-AUTOPROVISIONING\n" in script) == (nos == "cumulus")
    text = script.lower().replace("no secret is in here", "")
    for word in ("password", "secret", "private key", "token"):
        assert word not in text


def test_sonic_is_told_to_run_the_script():
    design, switch, made_ = first("sonic")
    told = json.loads(made_[f"ztp/{switch.name}/ztp.json"])["ztp"]
    (section,) = told.values()
    assert section["plugin"]["url"]["source"] == boot_url(switch, design).replace("ztp.json", "first-boot.sh")


def test_the_management_port_of_a_linux_switch_is_written_with_its_next_hop():
    _, switch, made_ = first("frr", fabrics__oob__routed=True)
    script = made_[f"ztp/{switch.name}/first-boot.sh"]
    assert f"\nAddress={switch.management}\n" in script
    assert f"\nDestination=10.112.0.0/16\nGateway={switch.gateway}\n" in script
    flat_script = first("frr")[2][f"ztp/{switch.name}/first-boot.sh"]
    assert "Gateway=" not in flat_script


def test_infiniband_switches_have_no_first_boot():
    ib = {"kind": "infiniband", "switch": "qm9700", "nos": "opensm", "topology": "rail-optimised"}
    design = made(fabrics__backend=ib)
    switch = next(switch for switch in design.switches if switch.fabric == "backend")
    assert boot_url(switch, design) is None
    assert ztp_files(switch, {"/x": "y"}, design) == {}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def depot(tmp_path):
    """(root, URL) of a depot that serves."""
    root = tmp_path / "depot"
    root.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield root, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


def boot(script: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run a script up to where it changes the machine; commands that would are recorded instead."""
    tools, home = tmp_path / "tools", tmp_path / "home"
    for folder in (tools, home):
        folder.mkdir(exist_ok=True)
    for name in ("hostnamectl", "systemctl", "sysctl", "chown", "config"):
        (tools / name).write_text(f"#!/bin/sh\necho {name} >>{tmp_path}/called\n")
    (tools / "getent").write_text(f"#!/bin/sh\necho root:x:0:0::{home}:/bin/sh\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    text = script.read_text().replace('cp -R "$stage/." /', f'cp -R "$stage/." {tmp_path}/machine/')
    text = text.replace("/etc/systemd/network/10-eth0", f"{tmp_path}/10-eth0")
    (tmp_path / "machine").mkdir(exist_ok=True)
    script.write_text(text)
    return subprocess.run(
        ["bash", str(script)],
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_published_fetched_and_installed(depot, tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")
    root, url = depot
    design = made(depot={"url": url})
    rendered = tmp_path / "rendered"
    for path, content in flat(render(design)).items():
        file = rendered / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    key = tmp_path / "key.pub"
    key.write_text("ssh-ed25519 AAAA rackwright\n")
    publish = ["bash", str(rendered / "ztp/publish.sh"), str(rendered), str(root), str(key)]
    subprocess.run(publish, check=True, timeout=120)
    script = tmp_path / "first-boot.sh"
    name = "backend-su01-r0"
    script.write_bytes((root / "ztp" / name / "first-boot.sh").read_bytes())
    run = boot(script, tmp_path)
    assert run.returncode == 0, run.stderr
    wanted = rendered / "devices" / name
    for file in wanted.rglob("*"):
        if file.is_file():
            assert (tmp_path / "machine" / file.relative_to(wanted)).read_bytes() == file.read_bytes()
    assert (tmp_path / "home/.ssh/authorized_keys").read_text() == key.read_text()
    assert f"Address={design.switches[0].management}" in (tmp_path / "10-eth0.network").read_text()
    digest = hashlib.sha256((wanted / "etc/frr/frr.conf").read_bytes()).hexdigest()
    (root / "ztp/sha256" / digest).write_text("hostname evil\n")
    shutil.rmtree(tmp_path / "machine")
    script.write_bytes((root / "ztp" / name / "first-boot.sh").read_bytes())
    again = boot(script, tmp_path)
    assert again.returncode != 0
    assert not list((tmp_path / "machine").iterdir())
