"""Role nic_firmware: what the tools say, what is judged, and that nothing is burnt unasked."""

from __future__ import annotations

import doctest
from types import SimpleNamespace

import pytest
from ansible_collections.rackwright.node.plugins.module_utils import firmware
from ansible_collections.rackwright.node.plugins.modules import nic_firmware as module

from rackwright.inventory.about import About
from rackwright.inventory.roles import nic_firmware
from rackwright.load.cluster import load
from rackwright.locks import load_lock
from rackwright.pipeline import plan

NEW, OLD = "28.47.2682", "28.39.1002"


@pytest.mark.parametrize("each", [firmware, nic_firmware])
def test_doctests(each) -> None:
    result = doctest.testmod(each)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("flashed", "running", "wrong", "reset"),
    [
        (NEW, NEW, [], []),
        (OLD, OLD, [f"firmware of mlx5_0: found {OLD}, expected {NEW}; the way"], []),
        (NEW, OLD, [], [f"firmware of mlx5_0: {OLD} runs, {NEW} is in its flash"]),
        (None, NEW, [], []),
        (None, OLD, [f"firmware of mlx5_0: found {OLD}, expected {NEW}; the way"], []),
        (None, None, [f"firmware of mlx5_0: found no answer, expected {NEW}; the way"], []),
        (NEW, None, [], [f"firmware of mlx5_0: no answer runs, {NEW} is in its flash"]),
    ],
)
def test_judge(flashed, running, wrong, reset) -> None:
    assert firmware.judge("mlx5_0", {"flashed": flashed, "running": running}, NEW, "the way") == (
        wrong,
        reset,
    )


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("connectx-7-400g", "connectx7_firmware"),
        ("connectx-7-400g-qsfp112", "connectx7_firmware"),
        ("bluefield-3-400g", "bluefield3_firmware"),
        ("connectx-6-dx-100g", "connectx6dx_firmware"),
        ("thor2-400g", "thor2_firmware"),
    ],
)
def test_row_of_a_model(model, row) -> None:
    assert nic_firmware.row_name(model) == row


def test_only_nics_that_the_lock_knows_are_asked() -> None:
    _, spec, tables = load("lab")
    design = plan("lab").design
    lock = load_lock(spec.lock)
    gpu = next(server for server in design.servers if server.role == "gpu")
    found = nic_firmware.variables(About(gpu, design, tables, lock))
    assert {row["version"] for row in found["nic_firmware_devices"]} == {NEW}
    assert {row["rdma"] for row in found["nic_firmware_devices"]} >= {"mlx5_0", "mlx5_1"}
    rows = {name: row for name, row in lock.rows.items() if not name.endswith("_firmware")}
    without = About(gpu, design, tables, lock.model_copy(update={"rows": rows}))
    assert nic_firmware.devices(without) == []


class Tool:
    """flint with one card and images by path; remembers what it burnt."""

    def __init__(self) -> None:
        self.flash, self.burnt = OLD, []
        self.images = {"/new": (NEW, "MT_1"), "/other": (NEW, "MT_2"), "/old": ("1.0", "MT_1")}

    def get_bin_path(self, name: str) -> str | None:
        return None if name == "flint" else f"/usr/bin/{name}"

    def run_command(self, command: list[str]) -> tuple[int, str, str]:
        if command[0] == "ibv_devinfo":
            return 0, f"\tfw_ver:\t\t{OLD}\n", ""
        if command[0] == "timeout":
            self.burnt.append(command[command.index("-i") + 1])
            self.flash = self.images[self.burnt[-1]][0]
            return 0, "", ""
        version, psid = (self.flash, "MT_1") if "-d" in command else self.images[command[2]]
        return 0, f"FW Version:    {version}\nPSID:    {psid}\n", ""


class Ended(Exception):
    """The module's last word."""


@pytest.mark.parametrize(
    ("burn", "images", "check", "burnt", "changed"),
    [
        (False, ["/new"], False, [], False),
        (True, [], False, [], False),
        (True, ["/other"], False, [], False),
        (True, ["/old"], False, [], False),
        (True, ["/other", "/old", "/new"], False, ["/new"], True),
        (True, ["/new"], True, [], True),
    ],
)
def test_an_image_is_burnt_only_when_asked_and_only_of_its_own_board(
    monkeypatch, burn, images, check, burnt, changed
) -> None:
    tool, last = Tool(), {}

    def end(**values) -> None:
        last.update(values)
        raise Ended

    devices = [{"rdma": "mlx5_0", "version": NEW, "vendor": "NVIDIA"}]
    fake = SimpleNamespace(
        params={"devices": devices, "images": images, "burn": burn, "strict": False},
        check_mode=check,
        get_bin_path=tool.get_bin_path,
        run_command=tool.run_command,
        exit_json=end,
        fail_json=end,
    )
    monkeypatch.setattr(module, "AnsibleModule", lambda **_: fake)
    monkeypatch.setattr(module.Cards, "slot", lambda self, device: "0000:18:00.0")
    with pytest.raises(Ended):
        module.main()
    assert (tool.burnt, last["changed"]) == (burnt, changed)
    if not changed:
        assert f"found {OLD}, expected {NEW}" in last["differences"][0]
        assert "mstflint -d 0000:18:00.0" in last["differences"][0]
    elif not check:
        assert last["reasons"] == [f"firmware of mlx5_0: {OLD} runs, {NEW} is in its flash"]
