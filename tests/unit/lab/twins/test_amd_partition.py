"""amd-smi's partitions on the twin, and the role's program against it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rackwright.lab.twins.payload.hardware_twin import amd_module, amd_partition, amd_smi, record
from rackwright.paths import home

sys.path.insert(0, str(home() / "collections"))
from ansible_collections.rackwright.node.plugins.module_utils import amd_partition as role

CPX = role.Modes(2, "CPX", "NPS4", 8)
WHOLE = role.Modes(2, "SPX", "NPS1", 1)
Tool = Callable[..., None]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tool:
    """Two GPUs whose driver is loaded; the program asks the twin."""
    counted: list[int] = []
    monkeypatch.setattr(record, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(amd_module, "LOADED", tmp_path / "loaded")
    monkeypatch.setattr(amd_module, "nodes", counted.append)
    monkeypatch.setattr(amd_partition, "STATE", tmp_path / "partition.json")
    (tmp_path / "loaded").write_text("6.16.13\n")

    def answer(*arguments: str, seconds: int = 0, said: str = "") -> tuple[int, str]:
        del seconds
        capsys.readouterr()
        monkeypatch.setattr(sys, "stdin", io.StringIO(said))
        code = amd_smi.main(list(arguments))
        out, err = capsys.readouterr()
        return code, out if code == 0 else f"{out}\n{err}"

    def put(**faults: object) -> None:
        gpus = [
            {"index": n, "uuid": f"GPU-{n}", "name": "AMD Instinct MI300X", "pci": f"0000:0{n}:00.0"}
            for n in range(2)
        ]
        record.RECORD.write_text(json.dumps({"gpus": gpus, "nics": [], "faults": faults}))

    monkeypatch.setattr(role, "smi", answer)
    put()
    return put


def test_modes_are_set_once_and_read_back(tool: Tool) -> None:
    del tool
    assert role.differences(WHOLE, role.read()) == []
    assert role.bring(CPX) == (["memory partitions NPS4"], [])  # which takes CPX along
    assert role.differences(CPX, role.read()) == []
    assert len(role.read()) == 16
    assert role.bring(CPX) == ([], [])
    assert role.bring(WHOLE)[0] == ["memory partitions NPS1", "compute partitions SPX"]
    assert role.differences(WHOLE, role.read()) == []


def test_compute_alone(tool: Tool) -> None:
    del tool
    assert role.bring(role.Modes(2, "CPX", "NPS1", 8))[0] == ["compute partitions CPX"]


def test_a_driver_that_is_not_loaded_again_is_a_reason_to_reboot(tool: Tool) -> None:
    tool(amd_no_reload=True)
    done, reasons = role.bring(CPX)
    assert done == ["memory partitions NPS4"]
    assert "wait for the driver to be loaded again" in reasons[0]
    assert len(role.differences(CPX, role.read())) == 2


def test_consent_is_asked_for(tool: Tool) -> None:
    del tool
    assert role.smi("set", "--memory-partition", "NPS4", said="N\n")[0] == 1
    assert role.differences(WHOLE, role.read()) == []


def test_modes_that_do_not_go_together_are_refused(tool: Tool) -> None:
    del tool
    role.bring(CPX)
    with pytest.raises(role.Refused, match="does not go with NPS4"):
        role.bring(role.Modes(2, "SPX", "NPS4", 1))


def test_a_gpu_that_is_missing_is_counted(tool: Tool) -> None:
    tool(gpu_missing=[1])
    assert role.impossible(WHOLE, role.read()) == ["GPUs: found 1 that answer, expected 2"]


def test_older_releases_name_it_otherwise() -> None:
    row = {"gpu": 0, "partition": {"compute_partition": "CPX", "memory_partition": "NPS1", "partition_id": 3}}
    assert role.parse(json.dumps([row])) == [role.Part("CPX", "NPS1", 3)]
