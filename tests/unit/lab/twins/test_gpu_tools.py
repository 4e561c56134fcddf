"""DCGM, its exporter, IMEX, the container toolkit, GPUDirect Storage and the kernel log of a twin."""

from __future__ import annotations

import json
import os
import re
import threading
import urllib.request
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from rackwright.lab.twins.payload.hardware_twin import (
    ctk,
    dcgm,
    exporter,
    gds,
    gpu,
    imex,
    module,
    nvlsm,
    record,
    xid,
)
from rackwright.verify import xids

Machine = Callable[..., None]
FIXTURES = Path(__file__).parent / "fixtures"


def captured(name: str) -> list[str]:
    lines = (FIXTURES / name).read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def running(path: Path) -> None:
    """As if the daemon were there: this process."""
    path.write_text(f"{os.getpid()}\n")


@pytest.mark.usefixtures("machine")
def test_dcgmi_needs_its_daemon_for_everything_but_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert dcgm.dcgmi(["--version"]) == 0
    assert "dcgmi  version: 4.4.2" in capsys.readouterr().out
    assert dcgm.dcgmi(["discovery", "-l"]) == 255
    assert "Unable to connect to host engine" in capsys.readouterr().out


def test_discovery_is_laid_out_as_a_real_one(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    running(dcgm.PID)
    machine(gpu_missing=[1])
    assert dcgm.dcgmi(["discovery", "-l"]) == 0

    def shape(lines: list[str]) -> list[str]:
        return [re.sub(r"(Bus ID|UUID): \S+ *", r"\1 ", line) for line in lines]

    out = capsys.readouterr().out.splitlines()
    assert shape(out)[: len(captured("dcgmi-discovery.txt"))] == shape(captured("dcgmi-discovery.txt"))


def test_the_diagnostic_passes_as_a_real_one_does(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    running(dcgm.PID)
    machine(gpu_missing=[1])
    assert dcgm.dcgmi(["diag", "-r", "1"]) == 0
    out = capsys.readouterr().out.replace("580.159.03", "580.105.08").splitlines()
    assert out[: len(captured("dcgmi-diag.txt"))] == captured("dcgmi-diag.txt")


def test_the_diagnostic_fails_for_what_is_broken(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    running(dcgm.PID)
    machine(ecc={"1": {"remap_failed": True}})
    assert dcgm.dcgmi(["diag", "-r", "1", "-j"]) == 226
    test = json.loads(capsys.readouterr().out)["DCGM Diagnostic"]["test_categories"][0]["tests"][0]
    assert test["test_summary"]["status"] == "Fail"
    assert [result["status"] for result in test["results"]] == ["Pass", "Fail"]
    gpu.PERSISTENCE.unlink()
    machine()
    assert dcgm.dcgmi(["diag", "-r", "1"]) == 226
    assert "Persistence mode is disabled" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({}, "Healthy"),
        ({"ecc": {"0": {"uncorrected": 2}}}, "GPU 0: Memory"),
        ({"nvlink_down": {"1": [4]}}, "NvLink link 4 is currently down"),
        ({"gpu_lost": [1]}, "fallen off the bus"),
    ],
)
def test_health(machine: Machine, fault: dict, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    running(dcgm.PID)
    machine(**fault)
    assert dcgm.dcgmi(["health", "-c"]) == 0
    assert words in capsys.readouterr().out


def test_metrics_follow_the_record_and_say_that_they_are_simulated(machine: Machine) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), exporter.Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        machine(ecc={"1": {"uncorrected": 2}})
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:  # noqa: S310 - our own server
            text = answer.read().decode()
        with pytest.raises(OSError, match="404"):
            urllib.request.urlopen(f"{url}/else", timeout=10)  # noqa: S310 - our own server
    finally:
        server.shutdown()
        server.server_close()
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert all('simulated="true"' in line for line in samples)
    found = [line for line in samples if line.startswith("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL")]
    assert [line.rpartition(" ")[2] for line in found] == ["0", "2"]
    assert len(samples) == 2 * len(exporter.METRICS)


@pytest.mark.usefixtures("machine")
def test_imex_starts_with_nodes_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(imex, "stay", lambda: 0)
    assert imex.daemon([]) == 1
    imex.NODES.write_text("# these\n172.31.48.81\n172.31.48.98\n")
    assert imex.control(["-q"]) == 1
    assert imex.daemon([]) == 0
    capsys.readouterr()
    assert imex.control(["-q"]) == 0
    assert capsys.readouterr().out == "READY\n"
    assert imex.control(["-N"]) == 0
    out = [line for line in capsys.readouterr().out.replace("580.159.03", "570.172").splitlines() if line]
    assert out[: len(captured("imex-nodes.txt"))] == captured("imex-nodes.txt")


def test_imex_refuses_another_driver(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    imex.NODES.write_text("172.31.48.81\n")
    machine(version_skew={"module": "570.158.01"})
    assert imex.daemon([]) == 1
    assert "not compatible with driver version 570.158.01" in capsys.readouterr().err


@pytest.mark.usefixtures("machine")
def test_the_subnet_manager_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    (record.VERSIONS / "nvlink_subnet_manager").write_text("2025.10.11\n")
    assert nvlsm.main(["--version"]) == 0
    assert "2025.10.11" in capsys.readouterr().out


def test_a_cdi_specification_holds_the_devices_that_exist_now(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "cdi" / "nvidia.yaml"
    for name in ("nvidia1", "nvidiactl"):
        (record.DEVICES / name).touch()
    assert ctk.main(["cdi", "generate", f"--output={target}"]) == 0
    spec = yaml.safe_load(target.read_text())
    assert [device["name"] for device in spec["devices"]] == ["1", "GPU-1", "all"]
    assert spec["devices"][2]["containerEdits"]["deviceNodes"] == [{"path": "/dev/nvidia1"}]
    assert spec["containerEdits"]["deviceNodes"] == [{"path": "/dev/nvidiactl"}]
    capsys.readouterr()
    assert ctk.main(["cdi", "list"]) == 0
    assert capsys.readouterr().out.split() == [
        "nvidia.com/gpu=1",
        "nvidia.com/gpu=GPU-1",
        "nvidia.com/gpu=all",
    ]
    machine(version_skew={"module": "570.158.01"})
    assert ctk.main(["cdi", "generate"]) == 1


@pytest.mark.usefixtures("machine")
def test_gdscheck_reads_the_module_and_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    gds.CONFIGURATION.write_text('{\n // a comment\n "properties": {"allow_compat_mode": true}\n}\n')
    assert gds.main(["-p"]) == 1
    gds.MODULE.write_text("version: 2.26.6\n")
    capsys.readouterr()
    assert gds.main(["-p"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        " GDS release version: 1.15.1.6\n nvidia_fs version:  2.26.6 libcufile version: 2.12\n"
    )
    assert "properties.allow_compat_mode : true" in out


def test_the_kernel_log_has_what_the_driver_would_write_and_verify_reads_it(machine: Machine) -> None:
    machine(gpu_lost=[0], ecc={"1": {"uncorrected": 1, "remap_failed": True}}, nvlink_down={"1": [4]})
    text = "\n".join(line for _, line in xid.lines(record.load()))
    found = [(each.bus, each.code) for each in xids.read(text)]
    assert found == [("0000:10:00", 79), *(("0000:11:00", code) for code in (94, 63, 64, 74))]


def test_a_line_is_logged_once_and_again_when_the_fault_comes_back(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    logger = tmp_path / "logger"
    logger.write_text(f"#!/bin/sh\ncat >> {log}\n")
    logger.chmod(0o755)
    monkeypatch.setattr(xid, "LOGGER", str(logger))
    for faults in ({"gpu_lost": [0]}, {"gpu_lost": [0]}, {}, {"gpu_lost": [0]}):
        machine(**faults)
        xid.log(record.load())
    assert log.read_text().count("fallen off the bus") == 2


def test_device_nodes_go_and_come_back_with_the_fault(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "mknod", lambda path, mode, device: Path(path).touch())
    monkeypatch.setattr(module, "_publish", lambda data, version: None)
    monkeypatch.setattr(module, "_file_system", lambda: None)
    machine()
    assert module.main(["--refresh"]) == 0
    everything = {"nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"}
    assert {path.name for path in record.DEVICES.iterdir()} == everything
    machine(no_device_nodes=True)
    assert module.main(["--refresh"]) == 0
    assert list(record.DEVICES.iterdir()) == []
