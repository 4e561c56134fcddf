"""What the modules work out, apart from the machines they run on. Tables: a new case is a line."""

from __future__ import annotations

import doctest
import importlib

import pytest
from ansible_collections.rackwright.node.plugins.module_utils import apt, driver, kernel_network
from ansible_collections.rackwright.node.plugins.modules import driver_preflight, nccl_conf, service, sysctl

BASE = "ansible_collections.rackwright.node.plugins"


DOCUMENTED = """
module_utils.apt module_utils.driver module_utils.kernel_network
modules.driver_preflight modules.nccl_conf modules.service modules.sysctl
"""


@pytest.mark.parametrize("name", DOCUMENTED.split())
def test_doctests(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"{BASE}.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


def link(
    name: str, mtu: int = 9000, address: str | None = "10.0.0.1", flags: tuple[str, ...] = ("UP",)
) -> dict:
    info = [{"family": "inet", "local": address, "prefixlen": 31}] if address else []
    return {"ifname": name, "mtu": mtu, "addr_info": info, "flags": list(flags)}


WANTED = {"a": {"address": "10.0.0.1/31", "mtu": 9000}}


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([link("a")], {}),
        ([link("a@if7")], {}),
        ([link("a", mtu=1500)], {"a": ["mtu: found 1500, expected 9000"]}),
        ([link("a", address="10.0.0.3")], {"a": ["address: found 10.0.0.3/31, expected 10.0.0.1/31"]}),
        ([link("a", address=None)], {"a": ["address: found none, expected 10.0.0.1/31"]}),
        ([], {"a": ["found no such interface"]}),
    ],
)
def test_ports(links: list, expected: dict) -> None:
    assert kernel_network.ports(WANTED, links) == expected


def test_a_port_that_is_off_is_not_one_without_a_cable() -> None:
    assert kernel_network.without_carrier(WANTED, [link("a", flags=("BROADCAST",))]) == []
    assert kernel_network.without_carrier(WANTED, [link("a", flags=("NO-CARRIER", "UP"))]) == ["a"]


ROUTE = {"table": "101", "dst": "default", "via": "10.0.0.0", "dev": "a"}


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        ([{"table": "101", "dst": "default", "gateway": "10.0.0.0", "dev": "a"}], False),
        ([{"dst": "default", "gateway": "10.0.0.0", "dev": "a"}], True),
        ([{"table": "101", "dst": "default", "gateway": "10.0.0.0", "dev": "b"}], True),
        ([{"table": "101", "dst": "default", "gateway": "10.0.0.2", "dev": "a"}], True),
        ([], True),
    ],
)
def test_routes(found: list, missing: bool) -> None:
    assert bool(kernel_network.routes([ROUTE], found)) is missing


def test_rules_name_what_is_missing_and_what_nobody_asked_for() -> None:
    expected = [{"from": "10.0.0.1", "table": "101"}]
    ours = {"src": "10.0.0.1", "table": "101"}
    port_of = kernel_network.owners(WANTED)

    def differences(found: list, dark: list[str] | None = None) -> dict:
        return kernel_network.rules(expected, found, port_of, dark or [])

    assert differences([ours]) == {}
    # By port: only a port that differs is set up anew.
    assert differences([{"src": "all", "table": "main"}]) == {
        "a": ["rule from 10.0.0.1: found none, expected table 101"]
    }
    assert differences([ours, {"src": "10.9.9.9", "table": "101"}]) == {
        "a": ["rule from 10.9.9.9 to table 101: found, expected none"]
    }
    assert differences([ours, {"src": "10.9.9.9", "table": "77"}]) == {}
    assert differences([], dark=["a"]) == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("NCCL_IB_HCA==mlx5_0,mlx5_3\n", None),
        ("# a comment\n\nNCCL_IB_HCA==mlx5_0\n", None),
        ("NCCL_IB_HCA = mlx5_0\n", "white space is part of the name"),
        ("NCCL_IB_HCA=mlx5_0 \n", "white space is part of"),
        ('NCCL_IB_HCA="mlx5_0"\n', "quotes are part of"),
        ("NCCL_IB_HCA=mlx5_0 # rail 0\n", "a comment starts only at column 0"),
        (" # late\n", "has no equals sign"),
        ("NCCL_IB_HCA\n", "has no equals sign"),
        ("IB_HCA=mlx5_0\n", "not a variable of NCCL's"),
        ("NCCL_IB_HCA=" + "x" * 1024 + "\n", "longer than 1023"),
        ("NCCL_DEBUG=INFO\nNCCL_DEBUG=WARN\n", "given twice"),
    ],
)
def test_nccl_conf(text: str, problem: str | None) -> None:
    _, problems = nccl_conf.parsed(text)
    assert (problems == []) if problem is None else any(problem in line for line in problems)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.03  Release Build\n",
            "580.159.03",
        ),
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.135  Fri Jan 10 20:00:00 UTC 2025\n",
            "550.135",
        ),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  595.71.05", "595.71.05"),
        ("something else", None),
    ],
)
def test_loaded_module(text: str, version: str | None) -> None:
    assert driver.parse_proc(text) == version


def test_a_lock_that_does_not_hold_gives_every_reason() -> None:
    reasons = driver_preflight.lock_reasons(
        {"nvidia-driver-cuda": "580.126.20-1", "libnvidia-ml1": "580.159.03-1", "libcuda1": "570.158.01-1"},
        "580.159.03",
    )
    assert reasons == [
        "lock: libcuda1: found 570.158.01-1, expected 580.159.03-*",
        "lock: nvidia-driver-cuda: found 580.126.20-1, expected 580.159.03-*",
    ]


@pytest.mark.parametrize(
    ("loaded", "allowed", "in_service", "refused"),
    [
        ("570.158.01", "commissioning", True, True),
        ("570.158.01", "never", False, True),
        ("570.158.01", "commissioning", False, False),
        ("570.158.01", "always", True, False),
        ("580.159.03", "never", True, False),
        (None, "never", True, False),
    ],
)
def test_a_host_in_service_keeps_the_driver_that_it_has(
    loaded: str | None, allowed: str, in_service: bool, refused: bool
) -> None:
    reasons = driver_preflight.reboot_reasons(loaded, "580.159.03", allowed, in_service)
    assert bool(reasons) is refused
    assert all("570.158.01" in reason and "580.159.03" in reason for reason in reasons)


ACTIVE = {"ActiveState": "active", "UnitFileState": "enabled", "ActiveEnterTimestampMonotonic": "1"}


@pytest.mark.parametrize(
    ("change", "config", "verbs"),
    [
        ({}, [], []),
        ({"UnitFileState": "disabled"}, [], ["enable"]),
        ({"ActiveState": "inactive"}, [], ["start"]),
        ({"ActiveState": "failed", "UnitFileState": "disabled"}, [], ["enable", "start"]),
        ({}, [__file__], ["restart"]),
        ({"ActiveEnterTimestampMonotonic": str(10**16)}, [__file__], []),
    ],
)
def test_service_plan(change: dict, config: list, verbs: list, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if the machine had booted in 1970: everything is younger than a service that started then.
    monkeypatch.setattr(service.time, "clock_gettime", lambda _clock: service.time.time())
    assert service.planned({**ACTIVE, **change}, {"config": config, "restart": True}) == verbs


def test_a_service_that_must_not_be_restarted_is_left() -> None:
    assert service.planned(ACTIVE, {"config": [__file__], "restart": False}) == []


def test_sysctl_names_with_dots_in_them() -> None:
    assert sysctl.path_of("net/ipv4/conf/eth0.100/rp_filter") == "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"
    assert sysctl.path_of("net.ipv4.conf.eth0/100.rp_filter") == "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"


def test_pins_leave_out_what_has_no_version() -> None:
    assert "chrony" not in apt.pins({"chrony": "", "libnccl2": "2.28.9-1+cuda13.0"})
    assert "Pin: version 2.28.9-1+cuda13.0\n" in apt.pins({"libnccl2": "2.28.9-1+cuda13.0"})
