"""The walk finds each disagreement that is planted on a server, whatever tools set its NICs."""

from __future__ import annotations

import pytest

from rackwright.qos.walk.marks import at_host
from rackwright.qos.walk.picture import Host
from rackwright.render import host_roce

from .conftest import made

HOST, SCRIPT = "gpu-su01-n01", "/etc/rackwright/roce/apply.sh"
TOOLS = {
    "dcb": {},
    "mlnx_qos": {},
    "bnxt": {"sku": "mi300x-8gpu", "lock": "mi300x-ubuntu2404"},
    "nicctl": {"sku": "mi355x-8gpu", "lock": "mi300x-ubuntu2404"},
}


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """A cluster by the tool that sets its NICs."""
    kept = {}

    def give(tool):
        if tool not in kept:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(host_roce, "has_ofed", lambda lock: tool == "mlnx_qos")
                kept[tool] = made("sonic", tmp_path_factory.mktemp(tool), **TOOLS[tool])
        return kept[tool].copy()

    return give


def script(before, after):
    return lambda site: site.edit(HOST, SCRIPT, lambda text: text.replace(before, after))


def conf(before, after):
    def change(site):
        (path,) = (path for path in site.texts[HOST] if path.endswith("ccl.conf"))
        site.edit(HOST, path, lambda text: text.replace(before, after))

    return change


def port_file(before, after):
    def change(site):
        path = next(path for path in sorted(site.texts[HOST]) if "/40-" in path and path.endswith(".network"))
        site.edit(HOST, path, lambda text: text.replace(before, after))

    return change


def storage_device(site):
    (server,) = (server for server in site.design.servers if server.name == HOST)
    return server.on("storage")[0].rdma


def name_storage(site):
    site.edit(HOST, "/etc/nccl.conf", lambda text: text.replace("HCA==", f"HCA=={storage_device(site)},"))


CASES = [
    ("dcb", "PFC on another priority", script("all:off 3:on", "all:off 4:on"), "class", "PFC on 4"),
    ("dcb", "data in another class", script("dscp-prio 26:3", "dscp-prio 26:2"), "class", "in class 2"),
    ("dcb", "a CNP with the data", script("48:6 #", "48:3 #"), "cnp", "with the data"),
    ("dcb", "CNPs that are not strict", script(" 6:strict", ""), "cnp", "queue 6 of CNPs"),
    ("dcb", "no DSCP map", script("dcb app replace", "true"), "trust", "trust pcp"),
    ("dcb", "a buffer too small", script('"$3" -gt 0', "1 -gt 0"), "headroom", "0 bytes"),
    ("dcb", "another mark", conf("TC=106", "TC=96"), "marking", "NCCL_IB_TC=96, DSCP 24"),
    ("dcb", "no mark", conf("NCCL_IB_TC=106\n", ""), "marking", "no NCCL_IB_TC"),
    ("dcb", "the storage NIC", name_storage, "hca", "on the storage plane"),
    ("dcb", "a device left out", conf(",mlx5_3", ""), "hca", "leaves out mlx5_3"),
    ("dcb", "a device that does not exist", conf(",mlx5_3", ",mlx5_3,mlx5_77"), "hca", "mlx5_77"),
    ("dcb", "a port wider than the switch's", port_file("MTUBytes=9000", "MTUBytes=9500"), "mtu", "MTU 9500"),
    ("dcb", "a port too narrow", port_file("MTUBytes=9000", "MTUBytes=1500"), "mtu", "RDMA MTU of 1024"),
    (
        "mlnx_qos",
        "PFC on another priority",
        script("0,0,0,1,0,0,0,0", "0,0,0,0,1,0,0,0"),
        "class",
        "PFC on 4",
    ),
    ("mlnx_qos", "a CNP with the data", script("set,48,6", "set,48,3"), "cnp", "DSCP 48 is in queue 3"),
    ("mlnx_qos", "trust in PCP", script("--trust dscp", "--trust pcp"), "trust", "trust pcp"),
    ("mlnx_qos", "no notification", script("roce_np/enable/3", "roce_np/enable/4"), "ecn", "priority 3"),
    ("mlnx_qos", "CNPs with another priority", script('802p_prio" 6', '802p_prio" 5'), "cnp", "priority 5"),
    ("mlnx_qos", "a shorter cable", script('--cable_len "$3"', "--cable_len 1"), "headroom", "1 m of cable"),
    ("mlnx_qos", "another mark", conf("TC=106", "TC=96"), "marking", "NCCL_IB_TC=96, DSCP 24"),
    ("bnxt", "another priority", script("-r 3 -s 26", "-r 4 -s 26"), "pfc", "PFC on priority 4"),
    ("bnxt", "another DSCP", script("-s 26", "-s 24"), "class", "DSCP 26 is in class 0"),
    ("bnxt", "a CNP with the data", script("-c 6", "-c 3"), "cnp", "with the data"),
    ("bnxt", "congestion control off", script("-m 3", "-m 1"), "ecn", "no congestion control"),
    ("bnxt", "another mark", conf("TC=106", "TC=96"), "marking", "DSCP 24"),
    (
        "nicctl",
        "PFC off",
        script("--priority 3 --no-drop enable", "--priority 3 --no-drop disable"),
        "class",
        "",
    ),
    (
        "nicctl",
        "a CNP with the data",
        script("--dscp 48 --priority 6", "--dscp 48 --priority 3"),
        "cnp",
        "48",
    ),
    ("nicctl", "trust in PCP", script("classification-type dscp", "classification-type pcp"), "trust", "pcp"),
    ("nicctl", "another CNP", script("--cnp-dscp 48", "--cnp-dscp 26"), "cnp", "DSCP 26"),
]


@pytest.mark.parametrize("tool", TOOLS)
def test_clean_text_gives_nothing(servers, tool):
    site = servers(tool)
    assert f"{tool}_port " in site.texts[HOST][SCRIPT]
    assert site.findings() == []


@pytest.mark.parametrize(
    ("tool", "plant", "layer", "words"),
    [pytest.param(case[0], *case[2:], id=f"{case[0]}: {case[1]}") for case in CASES],
)
def test_a_planted_fault_is_the_one_finding(servers, tool, plant, layer, words):
    site = servers(tool)
    plant(site)
    found = site.findings()
    assert [row.layer for row in found] == [layer], [str(row) for row in found]
    assert found[0].where.startswith(HOST) or HOST in found[0].where
    assert words in found[0].found


def test_a_name_without_an_equals_sign_stands_for_all_that_begin_with_it():
    planes = {"mlx5_1": "compute", "mlx5_10": "storage"}
    rows = [
        ("mlx5_1", ["hca"]),
        ("=mlx5_1", []),
        ("^mlx5_10", []),
        ("^mlx5_1", ["hca"]),
        ("^=mlx5_1", ["hca", "hca"]),
        ("=mlx5_1:1", []),
        ("", ["hca"]),
    ]
    for value, layers in rows:
        host = Host(nccl={"NCCL_IB_HCA": value})
        assert [row.layer for row in at_host("h", host, planes, [], 4096)] == layers, value


def test_a_mark_that_all_agree_on_is_followed_to_the_switches(servers):
    """NIC and NCCL say 96: the host is of one mind, and every switch drops DSCP 24 into the lossy class."""
    site = servers("mlnx_qos")
    for device in [name for name in site.texts if name.startswith("gpu-")]:
        site.edit(device, "/etc/nccl.conf", lambda text: text.replace("TC=106", "TC=96"))
        site.edit(device, SCRIPT, lambda text: text.replace(" 106", " 96"))
    (found,) = site.findings()
    assert (found.layer, found.found) == ("class", "DSCP 24 is in class 0, PFC on 3")
    assert found.where.startswith("backend-")
