"""NIC twins: quality of service by either flavour's tool, firmware that runs after a reset, driver files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rackwright.lab.twins.makers import firmware as maker
from rackwright.lab.twins.payload.hardware_twin import (
    amd_smi,
    bnxt,
    dcb,
    flint,
    mlnx_qos,
    mlxfwmanager,
    mst,
    nics,
    ofed,
    qos,
    rdma,
    record,
    sysfs_files,
)
from rackwright.qos.walk.nic_read import read
from rackwright.qos.walk.picture import STRICT

OLD, NEW = "28.47.2682", "28.48.1000"
APPLY = (
    "-d os",
    "--trust dscp",
    "--dscp2prio set,26,3",
    "--dscp2prio set,48,6",
    "--pfc 0,0,0,1,0,0,0,0 --prio_tc 0,0,0,3,0,0,6,0 --tsa ets,ets,ets,ets,ets,ets,strict,ets "
    "--tcbw 50,0,0,50,0,0,0,0 --cable_len 30",
)
"""As network-planes/host/roce/mlnx_qos.j2 says it."""
DCB = (
    "dcbx set dev enp24s0np0 host ieee",
    "app replace dev enp24s0np0 dscp-prio 26:3 48:6",
    "ets set dev enp24s0np0 tc-tsa all:ets 6:strict tc-bw all:0 0:50 3:50 prio-tc all:0 3:3 6:6",
    "pfc set dev enp24s0np0 prio-pfc all:off 3:on",
    "buffer set dev enp24s0np0 prio-buffer all:0 3:1 buffer-size 1:171520",
)
"""As network-planes/host/roce/dcb.j2 says it."""


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A machine with two NIC ports; called again, with faults."""
    monkeypatch.setattr(record, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(nics, "NET", tmp_path / "net")
    monkeypatch.setattr(nics, "RUN", tmp_path / "run")
    monkeypatch.setattr(nics, "FLASH", tmp_path / "flash.json")
    monkeypatch.setattr(qos, "FOLDER", tmp_path / "qos")
    cards = [
        {"name": "enp24s0np0", "rdma": "mlx5_0", "pci": "18:00.0", "mac": "02:00:00:00:00:01"},
        {"name": "enp64s0np0", "rdma": "mlx5_3", "pci": "40:00.0", "mac": "02:00:00:00:00:02"},
    ]
    for number, card in enumerate(cards):
        card |= {"fw_version": OLD, "vendor": "NVIDIA", "speed_gbps": 400, "model": "connectx-7-400g-dgx"}
        folder = tmp_path / "net" / card["name"]
        folder.mkdir(parents=True)
        for name, text in {"ifindex": number + 2, "operstate": "up", "mtu": 9000}.items():
            (folder / name).write_text(f"{text}\n")

    def put(**faults: Any) -> None:
        (tmp_path / "record.json").write_text(json.dumps({"gpus": [], "nics": cards, "faults": faults}))

    put()
    return put


def port() -> Any:
    found = qos.port("enp24s0np0")
    assert found is not None
    return found


def test_the_rendered_commands_of_mlnx_qos_are_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    for words in APPLY:
        assert mlnx_qos.main(["-i", "enp24s0np0", *words.split()]) == 0
    text = capsys.readouterr().out
    said = read({"mlnx_qos": text[text.rindex("DCBX mode") :]})
    assert (said.trust, said.pfc, said.cable_m) == ("dscp", frozenset({3}), 30)
    assert said.classes == (0, 0, 0, 3, 0, 0, 6, 0)
    assert said.shares == {0: 50, 3: 50, 6: STRICT}
    assert (said.priorities[26], said.priorities[48], said.priorities[8]) == (3, 6, 1)
    assert "\tenabled     0   0   0   1   0   0   0   0   \n" in text


def test_the_rendered_commands_of_dcb_are_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    for words in DCB:
        assert dcb.main(words.split()) == 0
    answers = {}
    for name in ("pfc", "ets", "app", "buffer"):
        assert dcb.main(["-N", "-j", name, "show", "dev", "enp24s0np0"]) == 0
        answers[name] = capsys.readouterr().out
    said = read(answers)
    assert (said.trust, said.pfc, said.headroom) == ("dscp", frozenset({3}), 171520)
    assert (said.classes, said.shares) == ((0, 0, 0, 3, 0, 0, 6, 0), {0: 50, 3: 50, 6: STRICT})
    assert said.priorities == {26: 3, 48: 6}
    assert dcb.main(["app", "show", "dev", "enp24s0np0"]) == 0
    assert capsys.readouterr().out == "dscp-prio AF31:3 CS6:6\n"


def test_a_port_that_is_made_anew_has_been_told_nothing(tmp_path: Path) -> None:
    assert mlnx_qos.main(["-i", "enp24s0np0", *APPLY[-1].split()]) == 0
    assert qos.load(port()).pfc == [3]
    (tmp_path / "net/enp24s0np0/ifindex").write_text("77\n")
    assert qos.load(port()).pfc == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-i enp24s0np0 --pfc 0,0,1", "pfc list must have 8 items"),
        ("-i enp24s0np0 --trust dscp --dscp2prio set,1,1", "cannot be used at the same time"),
        ("-i enp24s0np0 --dscp2prio set,64,1", "Invalid dscp2prio command"),
        ("-i enp24s0np0 --tsa strict,ets,ets,ets,ets,ets,ets,ets --tcbw 9,91,0,0,0,0,0,0", "must be 0"),
        ("-i enp24s0np0 --tsa ets,ets,ets,ets,ets,ets,ets,ets --tcbw 9,9,0,0,0,0,0,0", "Invalid argument"),
        ("--pfc 0,0,0,1,0,0,0,0", "Interface name is required"),
        ("-i enp24s0np0 nonsense", "Bad arguments"),
    ],
)
def test_mlnx_qos_refuses(capsys: pytest.CaptureFixture[str], words: str, said: str) -> None:
    assert mlnx_qos.main(words.split()) == 1
    assert said in capsys.readouterr().out
    assert qos.load(port()) == qos.Qos(2)


def test_a_cable_length_alone_switches_pfc_off() -> None:
    for words in APPLY:
        mlnx_qos.main(["-i", "enp24s0np0", *words.split()])
    mlnx_qos.main(["-i", "enp24s0np0", "--cable_len", "5"])
    assert qos.load(port()).pfc == []


def test_burnt_firmware_runs_after_a_reset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "fw.bin"
    image.write_bytes(maker.image(NEW, maker.PSIDS["connectx7_firmware"]).content)
    assert flint.main(["-i", str(image), "query"]) == 0
    assert f"FW Version:            {NEW}" in capsys.readouterr().out
    assert flint.main(["-d", "0000:18:00.0", "-i", str(image), "-y", "burn"]) == 0
    capsys.readouterr()
    assert flint.main(["-d", "18:00.0", "q"]) == 0
    text = capsys.readouterr().out
    assert f"FW Version:            {NEW}\nFW Version(Running):   {OLD}\n" in text
    rdma.ibv_devinfo(["-d", "mlx5_0"])
    assert f"fw_ver:\t\t\t\t{OLD}" in capsys.readouterr().out
    mlxfwmanager.main(["--query-format", "XML"])
    text = capsys.readouterr().out
    assert f'<FW current="{NEW}" available="N/A"/>' in text
    assert f'<FW current="{OLD}" available="N/A"/>' in text
    assert mst.mlxfwreset(["-d", "mlx5_0", "-y", "reset"]) == 0
    capsys.readouterr()
    rdma.ibv_devinfo(["-d", "mlx5_0"])
    assert f"fw_ver:\t\t\t\t{NEW}" in capsys.readouterr().out


def test_an_image_of_another_board_is_not_burnt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "fw.bin"
    image.write_bytes(maker.image(NEW, "MT_0000000001").content)
    assert flint.main(["-d", "mlx5_0", "-i", str(image), "-y", "b"]) == 1
    assert "PSID" in capsys.readouterr().err
    (tmp_path / "real.bin").write_bytes(b"\x00MTFW")
    assert flint.main(["-i", str(tmp_path / "real.bin"), "q"]) == 1


def test_mlxfwmanager_burns_what_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "fw.bin"
    image.write_bytes(maker.image(NEW, maker.PSIDS["connectx7_firmware"]).content)
    assert mlxfwmanager.main(["-u", "-y", "-i", str(image), "-d", "mlx5_3"]) == 0
    assert "Update required" in capsys.readouterr().out
    data = record.load()
    assert [nics.flash(data, nic) for nic in record.rdma(data)] == [OLD, NEW]


def test_faults_show_where_the_driver_shows_them(machine: Callable[..., None]) -> None:
    machine(link_flap={"mlx5_0": 6}, nic_pcie={"mlx5_0": {"width": 8}}, nic_firmware={"mlx5_0": "28.43.1014"})
    data = record.load()
    nic = record.rdma(data)[0]
    files = sysfs_files.device(data, nic)
    assert files["ports/1/counters/link_downed"] == "6"
    assert files["fw_ver"] == "28.43.1014"
    assert files["ports/1/rate"] == "400 Gb/sec (4X NDR)"
    slot = sysfs_files.slot(data, nic)
    assert (slot["current_link_width"], slot["max_link_width"]) == ("8", "16")
    assert sysfs_files.slot(data, record.rdma(data)[1])["current_link_width"] == "16"


def test_ibdev2netdev(capsys: pytest.CaptureFixture[str]) -> None:
    ofed.ibdev2netdev([])
    assert capsys.readouterr().out.splitlines()[0] == "mlx5_0 port 1 ==> enp24s0np0 (Up)"


def test_amd_smi_without_its_driver(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert amd_smi.main(["list"]) == 34
    assert amd_smi.main(["version", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["amdgpu_version"] == "N/A"


@pytest.mark.parametrize(("name", "place"), [("mlx5_11", "0000:ff:0b.0"), ("bnxt_re0", "0000:ff:00.0")])
def test_a_port_without_a_slot_of_its_own_gets_one_from_its_number(name: str, place: str) -> None:
    assert sysfs_files.address({"rdma": name}) == place


def test_broadcoms_script_tells_its_own_ports_only(
    machine: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    data = record.load()
    data["nics"][0] |= {"name": "rail0", "rdma": "bnxt_re0", "vendor": "Broadcom"}
    (nics.NET / "enp24s0np0").rename(nics.NET / "rail0")
    record.RECORD.write_text(json.dumps(data))
    words = ["-m", "3", "-r", "3", "-s", "26", "-c", "6", "-p", "48", "-b", "50", "-u", "3"]
    assert bnxt.main(["-d", "mlx5_3", "-i", "enp64s0np0", *words]) == 1
    assert "mlx5_3 is not enp64s0np0's RDMA device" in capsys.readouterr().err
    assert bnxt.main(["-d", "bnxt_re0", "-i", "rail0", *words]) == 0
    told = qos.load(record.load()["nics"][0])
    assert (told.pfc, told.dscps) == ([3], {26: [3], 48: [6]})
