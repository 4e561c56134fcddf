"""What the GPU roles' modules work out, apart from the machines they run on. Tables: a new case is a line."""

from __future__ import annotations

import doctest
import importlib

import pytest
from ansible_collections.rackwright.node.plugins.module_utils import driver
from ansible_collections.rackwright.node.plugins.modules import (
    component_preflight,
    dcgm_health,
    device_nodes,
    driver_layers,
    driver_preflight,
    endpoint,
    fabric_manager,
    layers,
)

BASE = "ansible_collections.rackwright.node.plugins"
DOCUMENTED = """
module_utils.apt module_utils.dnf module_utils.package_manager modules.component_preflight modules.dcgm_health
module_utils.device_nodes modules.driver_layers modules.endpoint modules.fabric_manager modules.layers
"""


@pytest.mark.parametrize("name", DOCUMENTED.split())
def test_doctests(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"{BASE}.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.03  Release Build\n"
CLOSED = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.159.03  Fri Jan 10\n"


@pytest.mark.parametrize(
    ("found", "same", "minimum", "reason"),
    [
        ("550.127.05", True, "", None),
        (
            "550.120",
            True,
            "",
            "driver: found fabric manager 550.127.05 with driver 550.120, expected one version",
        ),
        (None, True, "", "driver: found none, expected 550.127.05"),
        ("570.124.06", False, "570.158.01", "driver: found 570.124.06, expected 570.158.01 or newer"),
        ("580.65.06", False, "570.158.01", None),
    ],
)
def test_a_component_and_the_driver(found: str | None, same: bool, minimum: str, reason: str | None) -> None:
    reasons = component_preflight.driver_reasons("fabric manager", "550.127.05", found, same, minimum)
    assert reasons == [] if reason is None else reasons[0].startswith(reason)


def test_gpudirect_storage_refuses_the_proprietary_module() -> None:
    assert component_preflight.open_reasons("GPUDirect Storage", OPEN) == []
    assert component_preflight.open_reasons("GPUDirect Storage", "") == []
    [reason] = component_preflight.open_reasons("GPUDirect Storage", CLOSED)
    assert "found the proprietary module, expected the open one" in reason
    assert driver_layers.kind_problems(CLOSED) == [
        "loaded module: found the proprietary one, expected the open one"
    ]
    assert driver.open_modules(OPEN)


@pytest.mark.parametrize(
    ("packages", "version", "reasons"),
    [
        ({"nvidia-dkms-580-open": "580.159.03-1ubuntu1", "nvidia-fs-dkms": "2.26.6-1"}, "580.159.03", []),
        ({"kmod-nvidia-open-dkms": "3:580.159.03-1.el9"}, "580.159.03", []),
        (
            {"nvidia-dkms-580": "580.159.03-1"},
            "580.159.03",
            ["lock: kernel modules: found nvidia-dkms-580, expected the open ones"],
        ),
        (
            {"amdgpu-dkms": "1:6.14.14.30100100-1"},
            "6.16.13",
            ["lock: amdgpu-dkms: found 1:6.14.14.30100100-1, expected 6.16.13.*"],
        ),
        ({"kmod-nvidia-open-dkms": "3:570.158.01-1.el9"}, "580.159.03", 1),
    ],
)
def test_a_lock_of_one_version_with_open_modules(packages: dict, version: str, reasons: list | int) -> None:
    amd = "amdgpu-dkms" in packages
    found = driver_preflight.lock_reasons(packages, version, only_open=not amd)
    assert found == reasons if isinstance(reasons, list) else len(found) == reasons


@pytest.mark.parametrize(
    ("own", "loaded", "wanted", "text"),
    [
        ("580.159.03", "580.159.03", "580.159.03", None),
        ("550.127.05", "550.120", "550.120", "fabric manager 550.127.05 with driver 550.120"),
        ("550.127.05", None, "550.127.05", "fabric manager 550.127.05 with driver none"),
        ("550.120", "550.120", "580.159.03", "expected 580.159.03 of both"),
        (None, "550.120", "550.120", "fabric manager: found none, expected 550.120"),
    ],
)
def test_fabric_manager_and_the_driver(
    own: str | None, loaded: str | None, wanted: str, text: str | None
) -> None:
    problems = fabric_manager.version_problems(own, loaded, wanted, "")
    assert problems == [] if text is None else text in problems[0]


LINES = [
    (
        "fabric manager NVIDIA GPU driver interface version 550.127.05 "
        "don't match with driver version 550.120",
        1,
    ),
    ("detected NVSwitch non-fatal error 12028 on NVSwitch pci", 1),
    ("failed to find the GPU handle 5 in the multicast team request 1", 1),
    ("detected number of NVSwitches don't match with any supported system topology", 1),
    ("Successfully configured all the available GPUs and NVSwitches to route NVLink traffic.", 0),
]


@pytest.mark.parametrize(("line", "count"), LINES)
def test_what_its_log_must_not_say(line: str, count: int) -> None:
    assert len(fabric_manager.bad_lines(line)) == count


def test_an_old_error_in_its_log_is_not_held_against_it() -> None:
    text = (
        f"[Jan 02 2020 03:04:05] [ERROR] [tid 1] {LINES[0][0]}\n[Jan 02 2090 03:04:05] [INFO] [tid 1] fine\n"
    )
    assert fabric_manager.bad_lines(fabric_manager.since(text, 1_900_000_000)) == []
    assert len(fabric_manager.bad_lines(fabric_manager.since(text, 0))) == 1


@pytest.mark.parametrize(
    ("found", "wanted", "lines"),
    [
        ({"library": "2.28.9"}, {"library": "2.28.9"}, []),
        ({"library": None}, {"library": "2.28.9"}, ["library: found none, expected 2.28.9"]),
        ({"library": "2.26.2"}, {"library": "2.28.9"}, ["library: found 2.26.2, expected 2.28.9"]),
    ],
)
def test_layers(found: dict, wanted: dict, lines: list) -> None:
    assert layers.differences(found, wanted, {}) == lines


def test_a_silent_layer_is_quoted() -> None:
    said = {"dcgmi": "Error: unable to establish a connection\nto the specified host"}
    [line] = layers.differences({"dcgmi": None}, {"dcgmi": "4.5.3"}, said)
    assert line.endswith("it said: Error: unable to establish a connection to the specified host")


def test_a_plain_file_is_no_device_node(tmp_path: object) -> None:
    (tmp_path / "nvidia0").write_text("")  # type: ignore[operator]
    assert device_nodes.devices(f"{tmp_path}/nvidia[0-9]*") == []
    assert device_nodes.devices("/dev/nul[l]") == ["/dev/null"]
    assert device_nodes.differences({"/dev/kfd": []}, {"/dev/kfd": 1}) == [
        "device nodes: /dev/kfd: found 0, expected 1"
    ]


TABLE = """Health monitor systems report
+------------------+------+
| PCIe             | On   |
+------------------+------+
| NvSwitch NF      | Off  |
+------------------+------+
"""


def test_health_watches() -> None:
    assert dcgm_health.parsed(TABLE) == {"pcie": True, "nvswitch nf": False}
    assert dcgm_health.parsed("Error: Unable to get health watches.") == {}


ANY = "0.0.0.0"  # noqa: S104 - what the kernel says, nothing is bound
SOCKETS = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0180700A:24B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100
   1: 0180700A:24B8 0280700A:9C40 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100
"""


@pytest.mark.parametrize(("port", "addresses"), [(9400, ["10.112.128.1"]), (22, [ANY]), (9401, [])])
def test_addresses_that_a_port_is_listened_on(port: int, addresses: list) -> None:
    assert endpoint.listens(SOCKETS, port) == addresses
