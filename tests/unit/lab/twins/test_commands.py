"""nvidia-smi and the driver's daemons against a record, with each fault switched on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from rackwright.lab.twins.payload.hardware_twin import daemons, record, smi

VERSION = "580.159.03"
Machine = Callable[..., None]
FIXTURES = Path(__file__).parent / "fixtures"


def said(words: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert smi.main(words) == code
    return capsys.readouterr().out


def captured(name: str) -> list[str]:
    """A fixture's lines, without the one that says where it is from."""
    lines = (FIXTURES / name).read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.usefixtures("machine")
def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(["-L"], capsys).splitlines()[1] == "GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-1)"


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
    query = ["--query-gpu=index,memory.total,driver_version", f"--format={form}"]
    assert said(query, capsys).splitlines() == lines


@pytest.mark.usefixtures("machine")
def test_an_unknown_field_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(["--query-gpu=colour", "--format=csv"], capsys, 2)
    assert 'Field "colour" is not a valid field to query.' in out


def test_module_and_library_out_of_step(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine(version_skew={"module": "580.126.20"})
    assert said([], capsys, 18) == (
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.159\n"
    )


@pytest.mark.usefixtures("machine")
def test_no_module_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    record.LOADED.unlink()
    assert "couldn't communicate with the NVIDIA driver" in said(["-L"], capsys, 9)


def test_without_device_nodes_the_driver_is_not_reached(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(no_device_nodes=True)
    assert "couldn't communicate with the NVIDIA driver" in said(["-L"], capsys, 9)
    assert daemons.persistenced([]) == 1


def test_a_gpu_that_is_not_there(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine(gpu_missing=[0])
    assert said(["-L"], capsys) == "GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-1)\n"


def test_a_gpu_that_fell_off_the_bus_is_known_and_does_not_answer(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(gpu_lost=[0])
    first, second = said(["--query-gpu=index,name", "--format=csv,noheader"], capsys, 15).splitlines()
    assert first.startswith("Unable to determine the device handle for GPU0: 00000000:10:00.0: GPU is lost.")
    assert second == "1, NVIDIA H100 80GB HBM3"


@pytest.mark.parametrize(
    ("fault", "field", "value"),
    [
        ({"ecc": {"1": {"uncorrected": 2}}}, "ecc.errors.uncorrected.volatile.total", "2"),
        ({"ecc": {"1": {"corrected": 7}}}, "ecc.errors.corrected.volatile.total", "7"),
        ({"pcie": {"1": {"width": 8}}}, "pcie.link.width.current", "8"),
        ({"pcie": {"1": {"width": 8}}}, "pcie.link.width.max", "16"),
        ({"pcie": {"1": {"gen": 4}}}, "pcie.link.gen.max", "4"),
        ({"pcie": {"1": {"gen": 4}}}, "pcie.link.gen.gpumax", "5"),
    ],
)
def test_a_fault_of_one_gpu_shows_in_its_row(
    machine: Machine, fault: dict[str, Any], field: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    query = [f"--query-gpu={field}", "--format=csv,noheader,nounits"]
    sound = said(query, capsys).splitlines()
    machine(**fault)
    broken = said(query, capsys).splitlines()
    assert broken == [sound[0], value]


def test_remapped_rows(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    query = ["--query-remapped-rows=gpu_bus_id,remapped_rows.pending,remapped_rows.failure"]
    query.append("--format=csv,noheader")
    machine(ecc={"0": {"remap_pending": True}, "1": {"remap_failed": True}})
    assert said(query, capsys).splitlines() == ["00000000:10:00.0, 1, 0", "00000000:11:00.0, 0, 1"]


def test_nvlinks_are_printed_as_the_tool_prints_them(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(nvlink_down={"1": [17]})
    lines = said(["nvlink", "--status"], capsys).splitlines()
    real = captured("nvlink-status.txt")
    assert [line.split() for line in lines[1:19:17]] == [line.split() for line in real[1:]]
    assert lines[0].split(" (")[0] == real[0].split(" (")[0]
    assert lines[-1] == "\t Link 17: <inactive>"


def test_mig_profiles_are_those_of_an_h100(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(["mig", "-lgip"], capsys, 6) == "No MIG-enabled devices found.\n"
    machine(mig=[0])
    assert said(["mig", "-lgip"], capsys).splitlines() == captured("mig-lgip.txt")
    assert "No GPU instances found" in said(["mig", "-lgi"], capsys, 6)


def test_the_long_form_has_the_lines_of_a_real_one_in_their_order(
    capsys: pytest.CaptureFixture[str], machine: Machine
) -> None:
    machine(fabric=True)
    lines = iter(said(["-q", "-i", "0"], capsys).splitlines())
    missing = [real for real in captured("smi-q.txt") if "Bus Id" not in real and real not in lines]
    assert missing == []


@pytest.mark.usefixtures("machine")
def test_a_section_of_the_long_form(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(["-q", "-d", "ROW_REMAPPER"], capsys)
    assert out.count("Remapping Failure Occurred        : No") == 2
    assert "Product Name" not in out


def test_xml_says_what_the_text_says(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine(ecc={"1": {"uncorrected": 3, "remap_pending": True}})
    tree = ElementTree.fromstring(said(["-q", "-x"], capsys))  # noqa: S314 - our own text
    gpu = tree.findall("gpu")[1]
    assert gpu.get("id") == gpu.findtext("pci/pci_bus_id") == "00000000:11:00.0"
    assert gpu.findtext("ecc_errors/volatile/dram_uncorrectable") == "3"
    assert gpu.findtext("remapped_rows/remapped_row_pending") == "Yes"


def test_a_fabric_manager_of_another_version(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine(fm_version="550.127.05", version_skew={"module": "550.120"})
    assert daemons.fabricmanager(["--version"]) == 0
    assert capsys.readouterr().out == "Fabric Manager version is : 550.127.05\n"
    assert daemons.fabricmanager([]) == 1
    words = (
        "fabric manager NVIDIA GPU driver interface version 550.127.05 don't match with driver version "
        "550.120. Please update with matching NVIDIA driver package."
    )
    assert capsys.readouterr().err == f"{words}\n"
    assert words in daemons.LOG.read_text()
    assert not record.FABRIC.exists()


def test_the_fabric_is_ready_once_its_manager_ran(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(daemons, "stay", lambda: 0)
    query = ["--query-gpu=fabric.state,fabric.status", "--format=csv,noheader"]
    assert said(query, capsys).splitlines()[0] == "In Progress, N/A"
    assert daemons.fabricmanager([]) == 0
    assert daemons.DONE in daemons.LOG.read_text()
    capsys.readouterr()
    assert said(query, capsys).splitlines()[0] == "Completed, Success"


def test_a_fabric_manager_without_nvlink_has_nothing_to_do(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(nvlinks=None)
    assert daemons.fabricmanager([]) == 1
    assert "NV_WARN_NOTHING_TO_DO" in capsys.readouterr().err


@pytest.mark.usefixtures("machine")
def test_persistence_needs_a_module_of_the_librarys_version(capsys: pytest.CaptureFixture[str]) -> None:
    record.LOADED.unlink()
    assert daemons.persistenced([]) == 1
    assert "failed to initialize" in capsys.readouterr().err


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("words", [[], ["-q"], ["-q", "-x"], ["topo", "-m"], ["--version"], ["-pm", "1"]])
def test_every_form_answers(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert said(words, capsys).strip()


@pytest.mark.usefixtures("machine")
def test_a_form_that_is_not_simulated_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert smi.main(["dmon"]) == 2
    assert "not simulated" in capsys.readouterr().err


@pytest.mark.usefixtures("machine")
def test_a_machine_without_a_record_has_no_devices(capsys: pytest.CaptureFixture[str]) -> None:
    record.RECORD.unlink()
    assert said(["-L"], capsys, 6) == "No devices were found\n"
