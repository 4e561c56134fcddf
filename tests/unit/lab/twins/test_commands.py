"""The twin commands against a record, with each fault switched on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rackwright.lab.twins.payload.hardware_twin import daemons, rdma, record, smi

VERSION = "580.159.03"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A machine with two GPUs and two NIC ports, its driver installed and loaded."""
    libraries = tmp_path / "lib"
    libraries.mkdir()
    (libraries / "libnvidia-ml.so.1").symlink_to(f"libnvidia-ml.so.{VERSION}")
    monkeypatch.setattr(record, "LIBRARIES", (libraries,))
    monkeypatch.setattr(record, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(record, "LOADED", tmp_path / "loaded")
    (tmp_path / "loaded").write_text(f"{VERSION}\n")

    def put(**faults: Any) -> None:
        gpus = [
            {
                "index": place,
                "uuid": f"GPU-{place}",
                "name": "NVIDIA H100 80GB HBM3",
                "pci": f"00000000:1{place}:00.0",
                "numa": 0,
                "memory_mib": 81559,
                "serial": f"S{place}",
                "vbios": "SIMULATED",
            }
            for place in range(2)
        ]
        nics = [
            {"name": "enp64s0np0", "rdma": "mlx5_10", "mac": "02:00:00:00:00:02", "fw_version": "28.47.2682"},
            {"name": "enp24s0np0", "rdma": "mlx5_0", "mac": "02:00:00:00:00:01", "fw_version": "28.47.2682"},
        ]
        data = {"simulated": True, "gpus": gpus, "nics": nics, "faults": faults}
        (tmp_path / "record.json").write_text(json.dumps(data))

    put()
    return put


@pytest.mark.usefixtures("machine")
def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert smi.main(["-L"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-1)"


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("form", "lines"),
    [
        (
            "csv",
            [
                "index, memory.total [MiB], driver_version",
                f"0, 81559 MiB, {VERSION}",
                f"1, 81559 MiB, {VERSION}",
            ],
        ),
        ("csv,noheader,nounits", [f"0, 81559, {VERSION}", f"1, 81559, {VERSION}"]),
    ],
)
def test_query(form: str, lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert smi.main(["--query-gpu=index,memory.total,driver_version", f"--format={form}"]) == 0
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.usefixtures("machine")
def test_an_unknown_field_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert smi.main(["--query-gpu=colour", "--format=csv"]) == 2
    assert 'Field "colour" is not a valid field to query.' in capsys.readouterr().out


def test_module_and_library_out_of_step(
    machine: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    machine(version_skew={"module": "580.126.20"})
    assert smi.main([]) == 18
    assert capsys.readouterr().out == (
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.159\n"
    )


@pytest.mark.usefixtures("machine")
def test_no_module_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    record.LOADED.unlink()
    assert smi.main(["-L"]) == 9
    assert "couldn't communicate with the NVIDIA driver" in capsys.readouterr().out


def test_a_gpu_that_fell_off_the_bus(
    machine: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    machine(gpu_missing=[0])
    assert smi.main(["-L"]) == 0
    assert capsys.readouterr().out == "GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-1)\n"


def test_a_fabric_manager_of_another_version(
    machine: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    machine(fm_version="580.95.05")
    assert daemons.fabricmanager(["--version"]) == 0
    assert capsys.readouterr().out == "Fabric Manager version is : 580.95.05\n"
    assert daemons.fabricmanager([]) == 1
    assert f"interface version 580.95.05 don't match with driver version {VERSION}" in capsys.readouterr().err


@pytest.mark.usefixtures("machine")
def test_persistence_needs_a_module_of_the_librarys_version(capsys: pytest.CaptureFixture[str]) -> None:
    record.LOADED.unlink()
    assert daemons.persistenced([]) == 1
    assert "failed to initialize" in capsys.readouterr().err


@pytest.mark.usefixtures("machine")
def test_rdma_devices_in_the_order_of_their_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert rdma.ibstat(["-l"]) == 0
    assert capsys.readouterr().out.split() == ["mlx5_0", "mlx5_10"]
    assert rdma.ibstat(["mlx5_0"]) == 0
    assert "\tFirmware version: 28.47.2682\n" in capsys.readouterr().out
    assert rdma.ibstat(["mlx5_7"]) == 255
    assert "'mlx5_7' IB device can't be found" in capsys.readouterr().err


@pytest.mark.usefixtures("machine")
def test_devinfo(capsys: pytest.CaptureFixture[str]) -> None:
    assert rdma.ibv_devinfo(["-d", "mlx5_10"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("hca_id:\tmlx5_10\n\ttransport:")
    assert "fw_ver:\t\t\t\t28.47.2682\n\tnode_guid:" in out
    assert "board_id:\t\t\tSIMULATED" in out


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("words", [[], ["-q"], ["-q", "-x"], ["topo", "-m"], ["--version"], ["-pm", "1"]])
def test_every_form_answers(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert smi.main(words) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.usefixtures("machine")
def test_a_form_that_is_not_simulated_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert smi.main(["dmon"]) == 2
    assert "not simulated" in capsys.readouterr().err


@pytest.mark.usefixtures("machine")
def test_a_machine_without_a_record_has_no_devices(capsys: pytest.CaptureFixture[str]) -> None:
    record.RECORD.unlink()
    assert smi.main(["-L"]) == 6
    assert capsys.readouterr().out == "No devices were found\n"
