"""nvidia-smi's MIG on the twin: modes, instances and refusals as the vendor's tool has them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rackwright.lab.twins.payload.hardware_twin import ctk, mig_state, record, smi
from rackwright.paths import home

sys.path.insert(0, str(home() / "collections"))
from ansible_collections.rackwright.node.plugins.module_utils import mig

Machine = Callable[..., None]
FIXTURES = Path(__file__).parent / "fixtures"
HALVES = (mig.Partition(9, 0, 4, "3g.40gb"), mig.Partition(9, 4, 4, "3g.40gb"))
BALANCED = (
    mig.Partition(9, 0, 4, "3g.40gb"),
    mig.Partition(14, 4, 2, "2g.20gb"),
    mig.Partition(19, 6, 1, "1g.10gb"),
)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert smi.main(list(words)) == code
        return capsys.readouterr().out

    return run


@pytest.fixture
def tool(machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Machine:
    """The role's own program, with the twin in nvidia-smi's place."""

    def answer(*arguments: str, seconds: int = 0) -> tuple[int, str]:
        del seconds
        capsys.readouterr()
        code = smi.main(list(arguments))
        out, err = capsys.readouterr()
        return code, f"{out}\n{err}".strip()

    monkeypatch.setattr(mig, "smi", answer)
    return machine


def test_instances_are_listed_as_the_tool_lists_them(machine: Machine, said: Callable[..., str]) -> None:
    machine(mig=[0])
    said("mig", "-cgi", "19:0,19:1,19:5", "-C")
    real = [line for line in (FIXTURES / "mig-lgi.txt").read_text().splitlines() if line[0] != "#"]
    assert said("mig", "-lgi").splitlines() == real


@pytest.mark.usefixtures("machine")
def test_a_mode_is_set_and_instances_are_made_seen_and_destroyed(said: Callable[..., str]) -> None:
    assert said("mig", "-lgi", code=6) == "No MIG-enabled devices found.\n"
    assert said("-i", "0", "-mig", "1") == "Enabled MIG Mode for GPU 00000000:10:00.0\nAll done.\n"
    assert said("mig", "-cgi", "9,3g.40gb", "-C").splitlines()[0] == (
        "Successfully created GPU instance ID  2 on GPU  0 using profile MIG 3g.40gb (ID  9)"
    )
    first, _, second = said("-L").splitlines()[:3]
    assert first.startswith("GPU 0: ")
    assert second.startswith("  MIG 3g.40gb     Device  1: (UUID: MIG-")
    assert "In use by another client" in said("mig", "-dgi", code=19)
    said("mig", "-dci")
    said("mig", "-dgi", "-gi", "2")
    assert said("mig", "-lgi").count("MIG 3g.40gb") == 1
    assert said("-i", "0", "-mig", "0").startswith("Disabled MIG Mode")
    assert "MIG" not in said("-L")


@pytest.mark.parametrize("places", ["9:0,9:0", "9,9,9", "0,19", "9:2", "20,20"])
def test_what_does_not_fit_is_refused(machine: Machine, said: Callable[..., str], places: str) -> None:
    machine(mig=[0])
    assert said("mig", "-cgi", places, code=23).endswith(
        "Failed to create GPU instances: Insufficient Resources\n"
    )


def test_a_profile_that_the_gpu_has_not(machine: Machine, said: Callable[..., str]) -> None:
    machine(mig=[0])
    assert "Invalid Argument" in said("mig", "-cgi", "1g.5gb", code=2)


def test_a_reset_that_is_not_given_leaves_the_mode_pending(
    machine: Machine, said: Callable[..., str]
) -> None:
    machine(mig_no_reset=[1])
    assert "in pending enable state for GPU 00000000:11:00.0:Not Supported" in said("-i", "1", "-mig", "1")
    query = ("--query-gpu=mig.mode.current,mig.mode.pending", "--format=csv,noheader", "-i", "1")
    assert said(*query) == "Disabled, Enabled\n"
    assert "is not supported" in said("--gpu-reset", "-i", "1", code=3)


def test_somebody_on_the_gpu_leaves_the_mode_pending(machine: Machine, said: Callable[..., str]) -> None:
    del machine
    record.DEVICES.joinpath("nvidia0").touch()
    with record.DEVICES.joinpath("nvidia0").open():
        assert ":In use by another client" in said("-i", "0", "-mig", "1")
    said("--gpu-reset", "-i", "0")
    assert said("--query-gpu=mig.mode.current", "--format=csv,noheader", "-i", "0") == "Enabled\n"


def test_before_hopper_the_mode_outlives_the_power(machine: Machine, said: Callable[..., str]) -> None:
    query = ("--query-gpu=mig.mode.current", "--format=csv,noheader", "-i", "0")
    for capability, after in (("8.0", "Enabled\n"), ("9.0", "Disabled\n")):
        machine(compute_cap=capability)
        mig_state.INFOROM.unlink(missing_ok=True)
        said("-i", "0", "-mig", "1")
        (record.STATE / "mig.json").unlink()
        assert said(*query) == after


def test_containers_get_instances_in_their_gpus_place(machine: Machine, said: Callable[..., str]) -> None:
    for index in (0, 1):
        (record.DEVICES / f"nvidia{index}").touch()
    machine(mig=[0])
    said("mig", "-cgi", "9,9", "-C")
    text = ctk.specification(record.load(), "580.159.03")
    names = [line.split('"')[1] for line in text.splitlines() if line.startswith("- name:")]
    assert [name for name in names if ":" in name or name.isdigit()] == ["1", "0:0", "0:1"]


# -- the role's program against it -----------------------------------------------------------------------


def here() -> list[tuple[int, int, int]]:
    return sorted((each.gpu, each.partition.id, each.partition.start) for each in mig.read()[1])


def test_a_layout_is_made_once_and_read_back(tool: Machine) -> None:
    del tool
    layout = mig.Layout(2, "on", BALANCED)
    done, late = mig.bring(layout)
    assert done[0] == "GPU 0: MIG mode on"
    assert late == []
    assert mig.differences(layout, *mig.read()) == []
    assert here() == [(gpu, part.id, part.start) for gpu in (0, 1) for part in BALANCED]
    assert mig.bring(layout) == ([], [])


def test_another_layout_keeps_what_fits(tool: Machine) -> None:
    tool(mig=[0, 1])
    mig.bring(mig.Layout(2, "on", BALANCED))
    done, _ = mig.bring(mig.Layout(2, "on", HALVES))
    assert "GPU 0: destroy 2g.20gb at 4:2" in done
    assert not any("3g.40gb at 0:4" in line for line in done if "destroy" in line)
    assert mig.differences(mig.Layout(2, "on", HALVES), *mig.read()) == []


def test_whole_gpus_come_back(tool: Machine) -> None:
    del tool
    mig.bring(mig.Layout(2, "on", HALVES))
    mig.bring(mig.Layout(2, "off"))
    gpus, instances = mig.read()
    assert {gpu.current for gpu in gpus} == {"Disabled"}
    assert instances == []


def test_a_run_that_was_cut_after_an_instance_is_finished(tool: Machine) -> None:
    """An instance without a compute instance, a stray one, and nothing on the other GPU."""
    tool(mig=[0])
    mig.smi("mig", "-cgi", "9:4")
    mig.smi("mig", "-cgi", "19:0", "-C")
    layout = mig.Layout(2, "on", HALVES)
    assert len(mig.differences(layout, *mig.read())) == 3
    mig.bring(layout)
    assert mig.differences(layout, *mig.read()) == []


def test_a_mode_that_waits_is_a_reason_to_reboot(tool: Machine) -> None:
    tool(mig_no_reset=[1])
    layout = mig.Layout(2, "on", HALVES)
    done, late = mig.bring(layout)
    assert late == [1]
    assert "GPU 0: make 3g.40gb at 0:4, 3g.40gb at 4:4" in done
    assert mig.differences(layout, *mig.read()) == ["GPU 1: MIG mode Disabled, expected Enabled"]


@pytest.mark.parametrize(("capability", "modes"), [("8.0", {"Enabled"}), ("9.0", {"Disabled"})])
def test_dynamic_mig_has_the_mode_on_before_hopper_only(
    tool: Machine, capability: str, modes: set[str]
) -> None:
    tool(compute_cap=capability)
    mig.bring(mig.Layout(2, "dynamic"))
    assert {gpu.current for gpu in mig.read()[0]} == modes
    assert mig.differences(mig.Layout(2, "dynamic"), *mig.read()) == []


def test_instances_of_a_dynamic_driver_are_left_alone(tool: Machine) -> None:
    tool(mig=[0, 1])
    mig.smi("mig", "-cgi", "9:4", "-C")
    assert mig.bring(mig.Layout(2, "dynamic")) == ([], [])


def test_a_gpu_in_use_is_named_and_nothing_is_lost(tool: Machine) -> None:
    tool(mig=[0, 1])
    mig.bring(mig.Layout(2, "on", HALVES))
    before = here()
    (record.DEVICES / "nvidia0").touch()
    with (record.DEVICES / "nvidia0").open(), pytest.raises(mig.Refused, match="In use by another client"):
        mig.bring(mig.Layout(2, "off"))
    assert here() == before


def test_gpus_that_do_not_answer_are_named(tool: Machine) -> None:
    tool(gpu_missing=[1])
    assert mig.impossible(mig.Layout(2, "on", HALVES), mig.read()[0]) == [
        "GPUs: found 1 that answer, expected 2"
    ]


def test_the_program_reads_its_layout_and_tells(
    tool: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "layout.json"
    file.write_text(
        '{"gpus": 2, "mode": "on", "partitions": [{"profile": "3g.40gb", "id": 9, "start": 4, "size": 4}]}'
    )
    assert mig.main([str(file)]) == 0
    assert mig.main([str(file)]) == 0
    tool(gpu_lost=[0])
    assert mig.main([str(file)]) == 1
    assert "exit 15" in capsys.readouterr().err
