"""The hosts' RoCE script: run here with tools that only write down how they were called."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time

import pytest

from rackwright.models.design import Nic
from rackwright.models.qos import RoceContract
from rackwright.pipeline import plan
from rackwright.render import host_roce
from rackwright.render.host_roce import FOLLOW, SCRIPT, UNIT, PortCall, roce_files
from rackwright.render.wiring import Wiring

CONTRACT = RoceContract(26, 3, 48, 6, 150_000, 1_500_000, 100, 50, 200, 9000, 9216)
CALLS = {
    "dcb": ("eth0", "mlx5_0", "0"),
    "mlnx_qos": ("eth0", "mlx5_0", "30"),
    "bnxt": ("rail0", "bnxt_re0", ""),
    "nicctl": ("rail0", "ionic_0", ""),
}
NAMES = (
    "bnxt_setupcc.sh",
    "cma_roce_mode",
    "cma_roce_tos",
    "dcb",
    "ethtool",
    "flock",
    "mlnx_qos",
    "modprobe",
    "nicctl",
)
OTHER = {"eth0": ("eth1", "mlx5_1"), "rail0": ("rail1", "x1")}


def text_of(tool):
    name, rdma, argument = CALLS[tool]
    other, far = OTHER[name]
    ports = (PortCall(tool, name, rdma, argument), PortCall(tool, other, far, argument))
    return host_roce._script(CONTRACT, ports)


@pytest.fixture
def machine(tmp_path):
    """A place for ``/sys`` and ``/run``, and tools that log. ``$FAIL`` names one that fails."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "run").mkdir()
    for name in NAMES:
        tool = tmp_path / "bin" / name
        tool.write_text(
            f'#!/bin/sh\necho "{name} $*" >>"$LOG"\n'
            f'[ "{name} $1" != "ethtool -a" ] || printf "RX:\\t\\ton\\nTX:\\t\\toff\\n"\n'
            f'[ "${{FAIL:-}}" != "{name}" ]\n'
        )
        tool.chmod(0o755)
    for name, rdma, _ in CALLS.values():
        for interface, device in ((name, rdma), OTHER[name]):
            for side in ("roce_np", "roce_rp"):
                (tmp_path / f"sys/class/net/{interface}/ecn/{side}/enable").mkdir(parents=True, exist_ok=True)
            (tmp_path / f"sys/class/infiniband/{device}/tc/1").mkdir(parents=True, exist_ok=True)
            (tmp_path / f"sys/class/infiniband/{device}/device").mkdir(exist_ok=True)
            (tmp_path / f"sys/kernel/config/rdma_cm/{device}/ports/1").mkdir(parents=True, exist_ok=True)
    (tmp_path / "sys/kernel/debug/mlx5/device/cc_params").mkdir(parents=True)

    def run(text, *words, fail=""):
        script = tmp_path / "apply.sh"
        script.write_text(text.replace("/sys/", f"{tmp_path}/sys/").replace("/run/", f"{tmp_path}/run/"))
        log = tmp_path / "log"
        log.write_text("")
        environment = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "LOG": str(log), "FAIL": fail}
        done = subprocess.run(
            ["sh", script, *words], env=environment, capture_output=True, text=True, timeout=20
        )
        return done, log.read_text().splitlines()

    run.root = tmp_path
    return run


@pytest.mark.parametrize("tool", CALLS)
def test_it_runs_and_runs_again_alike(machine, tool):
    done, calls = machine(text_of(tool))
    assert (done.returncode, done.stderr) == (0, "")
    again, same = machine(text_of(tool))
    assert again.returncode == 0
    assert calls == same
    name = CALLS[tool][0]
    assert any(tool in call and (name in call or tool == "nicctl") for call in calls)
    assert f"ethtool -A {name} rx off tx off" in calls or tool == "nicctl"


@pytest.mark.parametrize("tool", CALLS)
def test_one_port_alone(machine, tool):
    name = CALLS[tool][0]
    other, far = OTHER[name]
    done, calls = machine(text_of(tool), name)
    assert done.returncode == 0
    assert calls
    assert not any(other in call or far in call.split() for call in calls)


@pytest.mark.parametrize("tool", CALLS)
def test_a_tool_that_fails_ends_it(machine, tool):
    fails = "bnxt_setupcc.sh" if tool == "bnxt" else tool
    done, calls = machine(text_of(tool), fail=fails)
    assert done.returncode != 0
    assert calls[-1].startswith(fails)


def test_what_mlnx_qos_leaves_is_written_to_the_kernel(machine):
    machine(text_of("mlnx_qos"))
    sys = machine.root / "sys"
    assert (sys / "class/infiniband/mlx5_0/tc/1/traffic_class").read_text() == "106\n"
    assert (sys / "class/net/eth0/ecn/roce_np/enable/3").read_text() == "1\n"
    assert (sys / "class/net/eth1/ecn/roce_rp/enable/3").read_text() == "1\n"
    assert (sys / "class/net/eth0/ecn/roce_np/cnp_dscp").read_text() == "48\n"
    assert (sys / "class/net/eth0/ecn/roce_np/cnp_802p_prio").read_text() == "6\n"


def test_without_the_vendors_stack_the_kernels_own_files_are_used(machine):
    machine(text_of("dcb"))
    sys = machine.root / "sys/kernel"
    assert (sys / "config/rdma_cm/mlx5_0/ports/1/default_roce_tos").read_text() == "106\n"
    assert (sys / "config/rdma_cm/mlx5_0/ports/1/default_roce_mode").read_text() == "RoCE v2\n"
    assert (sys / "debug/mlx5/device/cc_params/np_cnp_dscp").read_text() == "48\n"


def test_a_long_cable_asks_for_a_buffer(machine):
    text = host_roce._script(CONTRACT, (PortCall("dcb", "eth0", "mlx5_0", "190464"),))
    assert "dcb buffer set dev eth0 prio-buffer all:0 3:1 buffer-size 1:190464" in machine(text)[1]
    assert not any("buffer" in call for call in machine(text_of("dcb"))[1])


def test_a_nic_that_no_tool_is_known_for_is_said(machine):
    text = host_roce._script(CONTRACT, (PortCall("unknown", "eth0", "x0", "'Acme Networks'"),))
    done, _ = machine(text)
    assert done.returncode == 1
    assert done.stderr == "eth0: no tool is known that sets quality of service on a NIC by Acme Networks\n"


@pytest.mark.parametrize("tool", CALLS)
@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_has_nothing_to_say(tool):
    done = subprocess.run(
        ["shellcheck", "-"], input=text_of(tool), capture_output=True, text=True, timeout=60
    )
    assert done.stdout == ""


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_nor_has_it_about_what_follows_a_port(lab):
    text = lab[1].devices["gpu-su01-n01"][FOLLOW]
    done = subprocess.run(["shellcheck", "-"], input=text, capture_output=True, text=True, timeout=60)
    assert done.stdout == ""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit(tmp_path, lab):
    unit = tmp_path / UNIT.rsplit("/", 1)[1].replace("@.", "@eth0.")
    unit.write_text(lab[1].devices["gpu-su01-n01"][UNIT])
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60
    )
    assert str(unit.name) not in done.stderr
    unit.write_text(unit.read_text().replace("Restart=always", "Restrat=always"))
    broken = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60
    )
    assert str(unit.name) in broken.stderr, "this test would not see a mistake"


def test_they_are_files_of_the_machine_that_verify_expects(lab):
    design, files = lab
    assert {SCRIPT, FOLLOW, UNIT} <= set(files.devices["gpu-su01-n01"])
    expected = json.loads(files.site["expectations/gpu-su01-n01.json"])["files"]
    assert expected[SCRIPT] == files.devices["gpu-su01-n01"][SCRIPT]
    lines = files.devices["gpu-su01-n01"][SCRIPT].splitlines()
    ports = [line.split()[1:3] for line in lines if line.startswith("mlnx_qos_port ")]
    assert ports == [[nic.name, nic.rdma] for nic in design.servers[0].on("compute")]


def test_only_servers_on_a_roce_compute_plane_have_it(lab, site):
    having = {device for device, texts in lab[1].devices.items() if SCRIPT in texts}
    assert having == {server.name for server in lab[0].servers if server.role == "gpu"}
    design, files = site
    roce = design.plane("compute").roce is not None
    assert any(SCRIPT in texts for texts in files.devices.values()) is roce


def test_half_a_millisecond_a_server():
    design = plan("mi300x-64").design
    wiring = Wiring.of(design)
    roce_files(design.servers[0], design, wiring)  # reads the templates
    began = time.process_time()
    for server in design.servers:
        roce_files(server, design, wiring)
    assert (time.process_time() - began) / len(design.servers) < 0.0005


def test_every_makers_nic_has_a_tool(site):
    nics: list[Nic] = [nic for server in site[0].servers for nic in server.on("compute")]
    assert {nic.vendor for nic in nics} <= {"NVIDIA", *host_roce._TOOLS}
